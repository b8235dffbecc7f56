// A board of cells with symbols: givens to type in, candidates that fade as the model thinks.

export class GridBoard {
    onedit = () => {};
    /** Said of the board in an exported trace. */
    about = {};
    #grid;
    #pad;
    #cells = [];
    #givens = [];
    #chosen = 0;
    #shape = { width: 0, symbols: "" };

    constructor(grid, pad) {
        [this.#grid, this.#pad] = [grid, pad];
        grid.onkeydown = (event) => this.#key(event);
        grid.onfocus = () => this.#cells[this.#chosen].focus();
        document.addEventListener("paste", (event) => this.#paste(event, grid));
    }

    /** Begins an empty board of `nCells` cells in rows of `width`; `isGrid` says whether rows and columns mean anything. */
    layOut({ nCells, width, symbols, isGrid = true }) {
        this.#shape = { width, symbols, isGrid };
        [this.#cells, this.#chosen] = [[], 0];
        const rows = Array.from({ length: Math.ceil(nCells / width) }, (_, row) => {
            const line = document.createElement("div");
            line.setAttribute("role", "row");
            for (let i = row * width; i < Math.min(nCells, (row + 1) * width); i++) line.append(this.#cell(i));
            return line;
        });
        this.#grid.replaceChildren(...rows);
        this.#grid.style.setProperty("--columns", width);
        this.#grid.style.setProperty("--side", Math.ceil(Math.sqrt(symbols.length)));
        const keys = [...symbols].map((symbol) => this.#padKey(symbol, symbol));
        this.#pad.replaceChildren(...keys, this.#padKey("⌫", "."));
        this.#pad.lastChild.setAttribute("aria-label", "Clear the cell");
        this.#cells[0].tabIndex = 0;
        this.empty();
    }

    /** Draws borders around regions, given for each cell, and shades cells. */
    decorate(regions, shaded = new Set()) {
        const { width } = this.#shape;
        this.#cells.forEach((cell, i) => {
            const ends = (other, inside) => inside && regions !== undefined && regions[i] !== regions[other];
            cell.classList.toggle("right", ends(i + 1, (i + 1) % width !== 0));
            cell.classList.toggle("bottom", ends(i + width, i + width < this.#cells.length));
            cell.classList.toggle("shaded", shaded.has(i));
        });
    }

    #cell(index) {
        const cell = document.createElement("div");
        cell.className = "cell";
        cell.setAttribute("role", "gridcell");
        cell.tabIndex = -1;
        const candidates = document.createElement("span");
        candidates.className = "candidates";
        for (const symbol of this.#shape.symbols) {
            const candidate = document.createElement("i");
            candidate.textContent = symbol;
            candidates.append(candidate);
        }
        const digit = document.createElement("b");
        cell.append(candidates, digit);
        candidates.ariaHidden = digit.ariaHidden = true;
        cell.onfocus = () => this.#choose(index);
        cell.onclick = () => cell.focus();
        this.#cells.push(cell);
        return cell;
    }

    #padKey(label, digit) {
        const key = document.createElement("button");
        key.textContent = label;
        key.onclick = () => this.#set(this.#chosen, digit);
        return key;
    }

    #choose(index) {
        this.#cells[this.#chosen].tabIndex = -1;
        this.#cells[this.#chosen].classList.remove("chosen");
        this.#chosen = index;
        this.#cells[index].tabIndex = 0;
        this.#cells[index].classList.add("chosen");
    }

    #key(event) {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const { width, symbols } = this.#shape;
        const last = this.#cells.length - 1;
        const start = this.#chosen - (this.#chosen % width);
        const within = (i, back) => (i < 0 || i > last ? back : i);
        const column = this.#chosen % width;
        const moves = {
            ArrowUp: within(this.#chosen - width, within(last - (last % width) + column, start)),
            ArrowDown: within(this.#chosen + width, column),
            ArrowLeft: column ? this.#chosen - 1 : Math.min(start + width - 1, last),
            ArrowRight: column + 1 < width ? within(this.#chosen + 1, start) : start,
            Home: start, End: Math.min(start + width - 1, last),
        };
        const symbol = [event.key, event.key.toUpperCase()].find((key) => key.length === 1 && symbols.includes(key));
        if (event.key in moves) {
            this.#cells[moves[event.key]].focus();
        } else if (symbol) {
            this.#set(this.#chosen, symbol);
        } else if (["0", "Delete", "Backspace", " "].includes(event.key)) {
            this.#set(this.#chosen, ".");
        } else {
            return;
        }
        event.preventDefault();
    }

    #paste(event, grid) {
        const text = event.clipboardData?.getData("text") ?? "";
        if (grid.contains(document.activeElement) && text.trim().length > 1) {
            event.preventDefault();
            grid.dispatchEvent(new CustomEvent("puzzle", { detail: text, bubbles: true }));
        }
    }

    #set(index, digit) {
        this.#givens[index] = digit;
        this.onedit();
    }

    /** The givens, a character for each cell. */
    text() {
        return this.#givens.join("");
    }

    /** Takes a character for each cell; `.` is a blank. */
    setText(text) {
        this.#givens = [...text];
        this.onedit();
    }

    empty() {
        this.setText(".".repeat(this.#cells.length));
    }

    /** Shows the givens alone. */
    clear() {
        this.#cells.forEach((cell, i) => {
            const given = this.#givens[i] === "." ? "" : this.#givens[i];
            cell.classList.toggle("given", given !== "");
            cell.classList.toggle("chosen", i === this.#chosen);
            cell.classList.remove("turned", "solved");
            cell.style.setProperty("--activity", 0);
            const [candidates, digit] = cell.children;
            digit.textContent = given;
            digit.style.opacity = 1;
            for (const candidate of candidates.children) candidate.style.opacity = 0;
            this.#label(i, given ? `given ${given}` : "empty");
        });
    }

    /** Draws one step: every candidate as strong as the model believes in it. */
    show({ probabilities, answer, halted, verified }, glow) {
        const solved = halted && verified;
        const n = this.#shape.symbols.length;
        this.#cells.forEach((cell, i) => {
            if (this.#givens[i] !== ".") return;
            const beliefs = probabilities.subarray(i * n, (i + 1) * n);
            const best = beliefs.reduce((best, p, d) => (p > beliefs[best] ? d : best), 0);
            const sure = Math.max(0, Math.min(1, (beliefs[best] - 0.5) * 2.5));
            const [candidates, digit] = cell.children;
            beliefs.forEach((p, d) => {
                candidates.children[d].style.opacity = p < 0.01 ? 0 : Math.min(1, 0.15 + p) * (1 - sure);
            });
            cell.classList.toggle("turned", !solved && digit.textContent !== "" && digit.textContent !== answer[i]);
            cell.classList.toggle("solved", solved);
            digit.textContent = answer[i] === "." ? "" : answer[i];
            digit.style.opacity = solved ? 1 : sure;
            cell.style.setProperty("--activity", glow[i].toFixed(3));
            const thought = `thinks ${answer[i]}, ${Math.round(100 * beliefs[best])} %`;
            this.#label(i, answer[i] === "." ? "no candidate" : thought);
        });
    }

    /** Points at cells, as [row, column]. */
    mark(cells) {
        const marked = new Set(cells.map(([row, column]) => row * this.#shape.width + column));
        this.#cells.forEach((cell, i) => {
            cell.classList.toggle("fault", marked.has(i));
            if (marked.has(i)) cell.setAttribute("aria-invalid", "true");
            else cell.removeAttribute("aria-invalid");
        });
    }

    #label(i, what) {
        const { width, isGrid } = this.#shape;
        const place = isGrid ? `row ${Math.floor(i / width) + 1}, column ${(i % width) + 1}` : `cell ${i + 1}`;
        this.#cells[i].setAttribute("aria-label", `${place}, ${what}`);
    }
}
