// Think, step, pause: one puzzle's run, and what is read off it.

/** Milliseconds between two steps, by speed. */
const PAUSES = [1000, 400, 160, 50, 0];
const SPEEDS = ["1 step a second", "3 steps a second", "6 steps a second", "20 steps a second", "as fast as it goes"];
/** Steps that are kept for the trace, and their probabilities; a longer run keeps the first ones. */
const MAX_TRACE = 2000;
const MAX_NUMBERS = 8e6;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const percent = (p) => (p > 0.99 && p < 1 ? `${(100 * p).toFixed(1)} %` : `${Math.round(100 * p)} %`);
const duration = (ms) => (ms < 10 ? `${ms.toFixed(1)} ms` : ms < 10000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`);

export class Player {
    #run = 0; // counts runs: what belongs to an older one is dropped
    #thinking = null; // the loop that may go on
    #started = false;
    #busy = null;
    #trace = [];
    #about = null;

    /** `board` has text(), show(step, glow, pause), clear(), mark(cells) and calls `onedit`. */
    constructor(kind, engine, board, section) {
        Object.assign(this, { kind, engine, board });
        section.querySelector(".more").before(document.querySelector("#player").content.cloneNode(true));
        const at = (name) => section.querySelector(`.player .${name}`);
        this.ui = Object.fromEntries(
            ["think", "step", "over", "status", "k", "confidence", "ms", "chart", "model", "file", "embedded", "max-k", "seed", "export"]
                .map((name) => [name, at(name)]));
        this.ui.speed = section.querySelector(".player input[type=range]");
        this.ui.think.onclick = () => this.toggle();
        this.ui.step.onclick = () => this.stepOnce();
        this.ui.over.onclick = () => this.reset();
        this.ui.export.onclick = () => this.#export();
        this.ui["max-k"].onchange = this.ui.seed.onchange = () => this.reset();
        this.ui.embedded.onclick = async () => this.use(await engine.call("embedded", kind));
        this.ui.speed.oninput = () => {
            this.ui.speed.setAttribute("aria-valuetext", SPEEDS[this.ui.speed.value]);
        };
        board.onedit = () => this.reset();
        this.reset();
    }

    /** Takes what the worker says of a model; `name` is the file it came from. */
    use(about, name) {
        this.#about = about;
        const { n_weights, config } = about;
        const what = name ? `“${name}”` : "Built in";
        this.ui.model.textContent = `${what}: ${n_weights.toLocaleString("en")} weights, ${config.hidden_dim} wide. `
            + (config.halting_rule === "confidence" ? "Stops at its first confident step." : "Stops when enough of its steps agree.");
        // Without noise every run is the same.
        this.ui.seed.parentElement.hidden = !config.answer_channel;
        this.ui.embedded.hidden = !name;
        this.ui["max-k"].value = config.max_k;
        this.reset();
    }

    /** Back to the question. */
    reset() {
        this.#run++;
        this.#thinking = null;
        this.#started = false;
        this.#trace = [];
        this.board.clear();
        this.board.mark([]);
        this.ui.k.textContent = "0";
        this.ui.confidence.textContent = this.ui.ms.textContent = "–";
        this.ui.export.disabled = true;
        this.#say("");
        this.#draw();
        this.#buttons();
    }

    toggle() {
        if (this.#thinking) {
            this.#thinking = null;
            this.#buttons();
            this.#say(`Paused after step ${this.#trace.at(-1)?.k ?? 0}.`);
        } else {
            if (this.#trace.at(-1)?.halted) {
                // Think again: other noise, and so other thoughts.
                if (this.#about?.config.answer_channel) this.ui.seed.value = this.#seed() + 1;
                this.reset();
            }
            this.#think();
        }
    }

    async stepOnce() {
        this.#thinking = null;
        this.#buttons();
        const step = await this.#advance();
        if (step) this.#tell(step);
    }

    async #think() {
        const loop = (this.#thinking = Symbol("loop"));
        this.#say("Thinking.");
        this.#buttons();
        while (this.#thinking === loop) {
            const start = performance.now();
            const step = await this.#advance();
            if (!step || this.#thinking !== loop) return;
            if (step.halted) {
                this.#thinking = null;
                this.#buttons();
                this.#tell(step);
                return;
            }
            await sleep(Math.max(0, PAUSES[this.ui.speed.value] - (performance.now() - start)));
        }
    }

    /** One step; undefined where the run is over or the question is refused. */
    async #advance() {
        // Steps of one run follow each other, whoever asked for them.
        const before = this.#busy;
        let done;
        this.#busy = new Promise((resolve) => (done = resolve));
        await before;
        const run = this.#run;
        try {
            if (!this.#started) {
                const maxK = Number(this.ui["max-k"].value) || undefined;
                await this.engine.call("start", this.kind, this.board.text(), maxK, this.#seed());
                if (run !== this.#run) return undefined;
                this.#started = true;
            }
            const step = await this.engine.call("step", this.kind);
            if (run !== this.#run) return undefined;
            this.#took(step);
            return step;
        } catch (error) {
            if (run === this.#run) this.refuse(error);
            return undefined;
        } finally {
            done();
        }
    }

    #took(step) {
        const kept = Math.min(MAX_TRACE, MAX_NUMBERS / step.probabilities.length);
        if (this.#trace.length < kept) this.#trace.push(step);
        // The first step leaves the initial state behind everywhere, and a solved board is at rest.
        const strength = step.halted && step.verified ? 0 : step.k === 1 ? 0.2 : 1;
        const glow = step.activity.map((a) => Math.min(1, a) * strength);
        this.board.show(step, glow, PAUSES[this.ui.speed.value]);
        this.ui.k.textContent = step.k;
        this.ui.confidence.textContent = percent(step.confidence);
        this.ui.ms.textContent = duration(step.ms);
        this.ui.export.disabled = false;
        this.#draw();
    }

    /** Says why a question is refused, and shows where. */
    refuse(error) {
        this.#thinking = null;
        this.#buttons();
        this.board.mark(error.cells ?? []);
        this.#say(`Please look again: ${error.message}.`, "bad");
    }

    #tell(step) {
        const total = this.#trace.reduce((sum, { ms }) => sum + ms, 0);
        const steps = `${step.k} ${step.k === 1 ? "step" : "steps"}`;
        if (step.verified) {
            this.#say(`Solved in ${steps} and ${duration(total)}: every rule of the puzzle holds.`, "good");
        } else if (!step.halted) {
            this.#say(`After ${steps}: ${step.fault}.`);
        } else if (step.k < Number(this.ui["max-k"].value)) {
            this.#say(`${percent(step.confidence)} sure after ${steps}, and wrong: ${step.fault}.`, "bad");
        } else {
            this.#say(`Gave up after ${steps}: ${step.fault}. Step goes on from here.`, "bad");
        }
    }

    #seed() {
        return Math.max(0, Math.round(Number(this.ui.seed.value) || 0));
    }

    #say(text, tone = "") {
        this.ui.status.textContent = text;
        this.ui.status.dataset.tone = tone;
    }

    #buttons() {
        const again = this.#trace.at(-1)?.halted ? "Think again" : "Think";
        this.ui.think.textContent = this.#thinking ? "Pause" : again;
    }

    /** Confidence as a line, and how much of the answer changed as bars; 320 x 90 units. */
    #draw() {
        const [height, trace] = [90, this.#trace];
        const at = (i) => (320 * (i + 0.5)) / Math.max(trace.length, 16);
        const y = (p) => (height - 4) * (1 - p) + 2;
        const line = trace.map(({ confidence }, i) => `${i ? "L" : "M"}${at(i).toFixed(1)} ${y(confidence).toFixed(1)}`);
        if (line.length === 1) line.push("h0.1"); // a dot
        const bars = trace.map(({ changed }, i) => `M${at(i).toFixed(1)} ${height}V${y(Math.sqrt(changed)).toFixed(1)}`);
        const set = (name, path) => this.ui.chart.querySelector(`.${name}`).setAttribute("d", path);
        set("line", line.join(""));
        set("changed", bars.join(""));
        this.ui.chart.style.setProperty("--bar", `${Math.max(1, 200 / Math.max(trace.length, 16))}px`);
    }

    #export() {
        const round = (numbers) => Array.from(numbers, (x) => Math.round(x * 1e4) / 1e4);
        const steps = this.#trace.map((step) => ({
            ...step, probabilities: round(step.probabilities), activity: round(step.activity),
        }));
        const trace = { puzzle: this.kind, ...this.board.about, question: this.board.text(), model: this.#about, seed: this.#seed(), steps };
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([JSON.stringify(trace)], { type: "application/json" }));
        link.download = `${this.kind}-trace.json`;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    }
}
