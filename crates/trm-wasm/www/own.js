// The tab of puzzle files: variants of Sudoku to choose from, and kinds of puzzles of one's own.

/** Kinds that the weights of Sudoku answer, and their puzzle files beside this one. */
const VARIANTS = {
    "Sudoku X": "sudoku-x", Windoku: "windoku", Jigsaw: "jigsaw", "Anti-knight": "anti-knight",
    "6x6": "sudoku-6x6", "12x12": "sudoku-12x12",
};
/** What this page draws. */
const MAX_CELLS = 900;
const MAX_WIDTH = 30;

const $ = (id) => document.getElementById(id);

export class OwnPuzzles {
    #engine;
    #board;
    #player;
    #kind;
    #seed = 0;
    /** Counts kinds: what belongs to an older one is dropped. */
    #turn = 0;

    constructor(engine, board, player) {
        [this.#engine, this.#board, this.#player] = [engine, board, player];
        // Read at once: the page needs no network later.
        const files = Object.entries(VARIANTS).map(([name, file]) => [name, fetch(`${file}.toml`).then((file) => file.text())]);
        const texts = Object.fromEntries(files);
        for (const text of Object.values(texts)) text.catch(() => {}); // told where it is chosen
        $("puzzle-kind").append(...Object.keys(VARIANTS).map((name) => new Option(name)));
        const choose = async (name) => this.#try(async () => this.open(await texts[name]));
        $("puzzle-kind").onchange = ({ target }) => choose(target.value);
        $("puzzle-new").onclick = $("puzzle-extra").onchange = () => this.#try(() => this.#make());
        $("puzzle-clear").onclick = () => board.empty();
        $("puzzle-use").onclick = () => this.useText($("puzzle-text").value, this.#columns());
        $("puzzle-board").addEventListener("puzzle", ({ detail }) => this.useText(detail, board.about.columns));
        choose($("puzzle-kind").value);
    }

    async #try(what) {
        try {
            await what();
        } catch (error) {
            this.#player.refuse(error);
        }
    }

    /** Reads the text of a puzzle file; `name` is the file it came from. */
    async open(toml, name) {
        const turn = ++this.#turn;
        const kind = await this.#engine.call("open", toml);
        if (turn === this.#turn) await this.show(kind, name);
    }

    /** Shows a kind of puzzle with a puzzle of it. */
    async show(kind, name) {
        this.#turn++;
        const { n_cells: nCells, symbols, columns } = kind;
        const width = kind.width ?? Math.ceil(Math.sqrt(nCells));
        if (nCells > MAX_CELLS || width > MAX_WIDTH) {
            throw new Error(`${nCells} cells in rows of ${width}; this page draws at most ${MAX_CELLS} in rows of ${MAX_WIDTH}`);
        }
        if (name) this.#list(`${kind.name} (${name})`);
        this.#kind = kind;
        this.#board.about = { kind: kind.name, columns: {} };
        this.#board.layOut({ nCells, width, symbols, isGrid: kind.width !== undefined });
        $("puzzle-columns").replaceChildren(...columns.map((column) => {
            const [label, input] = [document.createElement("label"), document.createElement("input")];
            label.append(`Groups: ${column} `, input);
            input.name = column;
            return label;
        }));
        this.#seed = 0;
        await this.#make();
    }

    /** Makes the next puzzle of this kind. */
    async #make() {
        const turn = this.#turn;
        const { question, columns } = await this.#engine.call("make", ++this.#seed, Number($("puzzle-extra").value));
        if (turn === this.#turn) await this.useText(question, columns);
    }

    /** Reads a puzzle from text, or says what is wrong with it. */
    async useText(text, columns) {
        try {
            const { groups, regions, text: cells } = await this.#engine.call("check", "puzzle", text, columns);
            this.#board.about = { kind: this.#kind.name, columns };
            this.#board.decorate(regions, shaded(groups, this.#kind.n_cells));
            for (const input of $("puzzle-columns").querySelectorAll("input")) input.value = columns[input.name] ?? "";
            this.#board.setText(cells);
        } catch (error) {
            // A whole puzzle is shown, with the cells that break a rule.
            const cells = [...text.replace(/\s/g, "")];
            const known = (cell) => cell === "." || this.#kind.symbols.includes(cell);
            const whole = cells.length === this.#kind.n_cells && cells.every(known);
            if (whole) this.#board.setText(cells.join(""));
            this.#player.refuse(whole ? error : new Error(error.message));
        }
    }

    #columns() {
        return Object.fromEntries([...$("puzzle-columns").querySelectorAll("input")].map(({ name, value }) => [name, value]));
    }

    /** Puts a kind from a file into the list. */
    #list(label) {
        const list = $("puzzle-kind");
        list.querySelector("[data-file]")?.remove();
        const option = new Option(label, label, true, true);
        option.dataset.file = "";
        option.disabled = true; // chosen by its file alone
        list.append(option);
    }
}

/** Cells of groups that are laid over a part of the board, as windows and diagonals are. */
function shaded(groups, nCells) {
    const sets = new Map();
    for (const { name, cells } of groups.filter(({ cells }) => cells.length > 2)) {
        if (!sets.has(name)) sets.set(name, new Set());
        for (const cell of cells) sets.get(name).add(cell);
    }
    return new Set([...sets.values()].filter((cells) => cells.size < nCells).flatMap((cells) => [...cells]));
}
