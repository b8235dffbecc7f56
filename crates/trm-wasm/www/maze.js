// The maze board: a canvas to draw walls on, and the wave of the recursion over it.

const DRAWN_MS = 220;
/** Opacity that nobody sees. */
const FAINT = 1 / 255;

/** Fills a cell but for a margin; `side` is that of a cell in pixels. */
function box(c, side, row, column, inset = 0) {
    const [x, y] = [Math.round(column * side), Math.round(row * side)];
    const [right, bottom] = [Math.round((column + 1) * side), Math.round((row + 1) * side)];
    c.fillRect(x + inset, y + inset, right - x - 2 * inset, bottom - y - 2 * inset);
}

export class MazeBoard {
    onedit = () => {};
    tool = "#";
    #rows = [];
    #cursor = [0, 0];
    #faults = [];
    #step = null;
    #shown = null; // what is drawn: { path, glow } per cell
    #from = null;
    #next = null;
    #since = 0;
    #tween = 0;
    #stroke = null;
    #frame = 0;
    #below = null;
    #above = null;

    constructor(canvas, cursor) {
        Object.assign(this, { canvas, cursor });
        canvas.onpointerdown = (event) => this.#down(event);
        canvas.onpointermove = (event) => this.#stroke !== null && this.#paint(event);
        canvas.onpointerup = canvas.onpointercancel = () => (this.#stroke = null);
        canvas.onkeydown = (event) => this.#key(event);
        canvas.onfocus = canvas.onblur = () => this.#redraw();
        new ResizeObserver(() => this.#redraw()).observe(canvas);
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#repaint());
    }

    get height() {
        return this.#rows.length;
    }

    get width() {
        return this.#rows[0]?.length ?? 0;
    }

    /** One line per row. */
    text() {
        return this.#rows.map((row) => `${row.join("")}\n`).join("");
    }

    /** Takes a maze that was checked, or drawn by the program. */
    setText(text) {
        this.#rows = text.replace(/\r?\n$/, "").split(/\r?\n/).map((row) => [...row.replaceAll("o", " ")]);
        this.canvas.style.aspectRatio = `${this.width} / ${this.height}`;
        this.#cursor = [0, 0];
        this.onedit();
    }

    /** No walls; start and goal in opposite corners. */
    empty(height, width) {
        const rows = Array.from({ length: height }, () => Array(width).fill(" "));
        rows[0][0] = "S";
        rows[height - 1][width - 1] = "G";
        this.setText(rows.map((row) => row.join("")).join("\n"));
    }

    /** Shows the maze alone. */
    clear() {
        this.#step = this.#shown = this.#from = this.#next = null;
        this.#repaint();
        this.#describe();
    }

    /** Draws one step, within the time until the next. */
    show(step, glow, pause) {
        const next = { path: step.probabilities, glow };
        const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
        this.#tween = still ? 0 : Math.min(DRAWN_MS, pause);
        this.#from = this.#shown ?? { path: next.path.map(() => 0), glow: next.glow.map(() => 0) };
        this.#step = step;
        this.#next = next;
        this.#since = performance.now();
        this.#redraw();
        this.#describe();
    }

    /** Points at cells, as [row, column]. */
    mark(cells) {
        this.#faults = cells;
        this.#redraw();
    }

    #down(event) {
        this.canvas.setPointerCapture(event.pointerId);
        const [row, column] = this.#at(event);
        this.#stroke = this.tool === "#" ? (this.#rows[row][column] === "#" ? " " : "#") : this.tool;
        this.#paint(event);
    }

    #at({ offsetX, offsetY }) {
        const place = (offset, size, n) => Math.max(0, Math.min(n - 1, Math.floor((offset / size) * n)));
        return [
            place(offsetY, this.canvas.clientHeight, this.height),
            place(offsetX, this.canvas.clientWidth, this.width),
        ];
    }

    #paint(event) {
        this.#cursor = this.#at(event);
        this.#put(this.#stroke);
    }

    /** Puts a cell below the cursor. Start and goal move; walls do not cover them. */
    #put(cell) {
        const [row, column] = this.#cursor;
        const now = this.#rows[row][column];
        if (now === cell || now === "S" || now === "G") return this.#describe();
        if (cell === "S" || cell === "G") {
            for (const line of this.#rows) line.forEach((old, i) => old === cell && (line[i] = " "));
        }
        this.#rows[row][column] = cell;
        this.onedit();
        this.#describe();
    }

    #key(event) {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const [row, column] = this.#cursor;
        const moves = {
            ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
            ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
        };
        const move = moves[event.key];
        const key = event.key.toUpperCase();
        if (move) {
            const within = (x, n) => Math.max(0, Math.min(n - 1, x));
            this.#cursor = [within(move[0], this.height), within(move[1], this.width)];
            this.#redraw();
            this.#describe();
        } else if (key === "S" || key === "G") {
            this.#put(key);
        } else if (key === " " || key === "#") {
            this.#put(this.#rows[row][column] === "#" ? " " : "#");
        } else {
            return;
        }
        event.preventDefault();
    }

    /** What is below the cursor, for those who do not see it. */
    #describe() {
        const [row, column] = this.#cursor;
        const names = { "#": "wall", " ": "free", S: "start", G: "goal" };
        const p = this.#step?.probabilities[row * this.width + column];
        const thought = p === undefined ? "" : `, ${Math.round(100 * p)} % on the path`;
        const cell = names[this.#rows[row]?.[column]];
        this.cursor.textContent = `Row ${row + 1}, column ${column + 1}: ${cell}${thought}`;
    }

    #redraw() {
        cancelAnimationFrame(this.#frame);
        this.#frame = requestAnimationFrame(() => this.#draw());
    }

    /** Draws again what no step changes too, in the next frame. */
    #repaint() {
        this.#below = this.#above = null;
        this.#redraw();
    }

    #draw() {
        const { canvas, height, width } = this;
        if (!height || !canvas.clientWidth) return;
        const scale = devicePixelRatio || 1;
        const size = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * scale));
        if (size[0] !== canvas.width || size[1] !== canvas.height) {
            [canvas.width, canvas.height] = size;
            this.#below = null;
        }
        const at = this.#tweened();
        const c = canvas.getContext("2d");
        const style = getComputedStyle(canvas);
        const colour = (name) => style.getPropertyValue(`--${name}`);
        const side = canvas.width / width;
        if (!this.#below) this.#layers(colour, side);
        c.drawImage(this.#below, 0, 0);
        if (this.#shown) this.#thoughts(c, colour, side);
        c.drawImage(this.#above, 0, 0);
        this.#frames(c, colour, side);
        if (at < 1) this.#redraw();
    }

    /** What stays as it is from step to step: the floor and the walls below the thoughts, lines and letters above. */
    #layers(colour, side) {
        const [below, above] = [0, 1].map(() => {
            const layer = document.createElement("canvas");
            [layer.width, layer.height] = [this.canvas.width, this.canvas.height];
            return layer;
        });
        const [floor, lines] = [below.getContext("2d"), above.getContext("2d")];
        floor.fillStyle = colour("cell");
        floor.fillRect(0, 0, below.width, below.height);
        floor.fillStyle = colour("wall");
        this.#lines(lines, colour("line"), side);
        this.#rows.forEach((line, row) => line.forEach((cell, column) => {
            if (cell === "#") box(floor, side, row, column);
            if (cell === "S" || cell === "G") this.#letter(lines, colour, cell, row, column, side);
        }));
        [this.#below, this.#above] = [below, above];
    }

    /** Where the last step changed something, and the path so far. In a large maze most cells have neither. */
    #thoughts(c, colour, side) {
        const { path, glow } = this.#shown;
        const { width } = this;
        const each = (values, strength, inset, kinds) => values.forEach((value, i) => {
            if (strength * value < FAINT) return;
            const [row, column] = [Math.floor(i / width), i % width];
            if (!kinds.includes(this.#rows[row][column])) return;
            c.globalAlpha = strength * value;
            box(c, side, row, column, inset);
        });
        c.fillStyle = colour("glow");
        each(glow, 0.8, 0, " SG");
        c.fillStyle = colour(this.#step.halted && this.#step.verified ? "good" : "accent");
        each(path, 1, side * 0.14, " ");
        c.globalAlpha = 1;
    }

    /** Moves what is shown towards the last step; returns how far it is, 0 to 1. */
    #tweened() {
        if (!this.#step) return 1;
        const at = this.#tween ? Math.min(1, (performance.now() - this.#since) / this.#tween) : 1;
        const between = (from, to) => to.map((x, i) => from[i] + (x - from[i]) * at);
        this.#shown = {
            path: between(this.#from.path, this.#next.path),
            glow: between(this.#from.glow, this.#next.glow),
        };
        return at;
    }

    #letter(c, colour, letter, row, column, side) {
        const [x, y] = [(column + 0.5) * side, (row + 0.5) * side];
        c.fillStyle = colour(letter === "S" ? "start" : "goal");
        c.beginPath();
        c.arc(x, y, side * 0.44, 0, 7);
        c.fill();
        c.fillStyle = colour("cell");
        c.font = `700 ${side * 0.6}px system-ui, sans-serif`;
        c.textAlign = "center";
        c.textBaseline = "middle";
        c.fillText(letter, x, y + side * 0.04);
    }

    #lines(c, colour, side) {
        c.strokeStyle = colour;
        c.lineWidth = 1;
        c.beginPath();
        for (let column = 1; column < this.width; column++) {
            c.moveTo(Math.round(column * side) + 0.5, 0);
            c.lineTo(Math.round(column * side) + 0.5, c.canvas.height);
        }
        for (let row = 1; row < this.height; row++) {
            c.moveTo(0, Math.round(row * side) + 0.5);
            c.lineTo(c.canvas.width, Math.round(row * side) + 0.5);
        }
        c.stroke();
    }

    /** The cursor, where the board has the focus, and cells that an error is about. */
    #frames(c, colour, side) {
        const frame = ([row, column], name) => {
            c.strokeStyle = colour(name);
            c.lineWidth = Math.max(2, side * 0.12);
            c.strokeRect(column * side + 1, row * side + 1, side - 2, side - 2);
        };
        if (document.activeElement === this.canvas) frame(this.#cursor, "focus");
        for (const cell of this.#faults) frame(cell, "bad");
    }
}
