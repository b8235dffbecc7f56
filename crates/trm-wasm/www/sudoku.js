// The Sudoku board: givens to type in, candidates that fade as the model thinks.

const SIDE = 9;
const EMPTY = ".".repeat(SIDE * SIDE);

export class SudokuBoard {
    onedit = () => {};
    #cells = [];
    #givens = [...EMPTY];
    #chosen = 0;

    constructor(grid, pad) {
        for (let row = 0; row < SIDE; row++) {
            const line = document.createElement("div");
            line.setAttribute("role", "row");
            for (let column = 0; column < SIDE; column++) line.append(this.#cell(row, column));
            grid.append(line);
        }
        grid.onkeydown = (event) => this.#key(event);
        grid.onfocus = () => this.#cells[this.#chosen].focus();
        document.addEventListener("paste", (event) => this.#paste(event, grid));
        for (const digit of "123456789") pad.append(this.#padKey(digit, digit));
        pad.append(this.#padKey("⌫", "."));
        pad.lastChild.setAttribute("aria-label", "Clear the cell");
        this.clear();
        this.#cells[0].tabIndex = 0;
    }

    #cell(row, column) {
        const cell = document.createElement("div");
        cell.className = "cell";
        cell.setAttribute("role", "gridcell");
        cell.tabIndex = -1;
        const candidates = document.createElement("span");
        candidates.className = "candidates";
        for (let digit = 1; digit <= SIDE; digit++) {
            const candidate = document.createElement("i");
            candidate.textContent = digit;
            candidates.append(candidate);
        }
        const digit = document.createElement("b");
        cell.append(candidates, digit);
        candidates.ariaHidden = digit.ariaHidden = true;
        const index = row * SIDE + column;
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
        const [row, column] = [Math.floor(this.#chosen / SIDE), this.#chosen % SIDE];
        const moves = {
            ArrowUp: [(row + SIDE - 1) % SIDE, column], ArrowDown: [(row + 1) % SIDE, column],
            ArrowLeft: [row, (column + SIDE - 1) % SIDE], ArrowRight: [row, (column + 1) % SIDE],
            Home: [row, 0], End: [row, SIDE - 1],
        };
        const move = moves[event.key];
        if (move) {
            this.#cells[move[0] * SIDE + move[1]].focus();
        } else if (/^[1-9]$/.test(event.key)) {
            this.#set(this.#chosen, event.key);
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

    /** The givens, 81 characters. */
    text() {
        return this.#givens.join("");
    }

    /** Takes 81 characters that were checked. */
    setText(text) {
        this.#givens = [...text];
        this.onedit();
    }

    empty() {
        this.setText(EMPTY);
    }

    /** Shows the givens alone. */
    clear() {
        this.#cells.forEach((cell, i) => {
            const given = this.#givens[i] === "." ? "" : this.#givens[i];
            cell.className = `cell ${given ? "given" : ""} ${i === this.#chosen ? "chosen" : ""}`;
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
        this.#cells.forEach((cell, i) => {
            if (this.#givens[i] !== ".") return;
            const beliefs = probabilities.subarray(i * SIDE, (i + 1) * SIDE);
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
        const marked = new Set(cells.map(([row, column]) => row * SIDE + column));
        this.#cells.forEach((cell, i) => {
            cell.classList.toggle("fault", marked.has(i));
            if (marked.has(i)) cell.setAttribute("aria-invalid", "true");
            else cell.removeAttribute("aria-invalid");
        });
    }

    #label(i, what) {
        const place = `row ${Math.floor(i / SIDE) + 1}, column ${(i % SIDE) + 1}`;
        this.#cells[i].setAttribute("aria-label", `${place}, ${what}`);
    }
}
