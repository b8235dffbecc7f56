// The models, in a thread of their own, so that the page never waits for them. Each message is a call by
// name; the answer has its number.
import init, { Model, check_maze, check_sudoku, generate_maze } from "./trm_wasm.js";

const ready = init();
/** The program for puzzle files, which is loaded behind the other one. */
const files = ready.then(() => import("./trm_puzzles.js")).then(async (program) => {
    await program.default();
    return program;
});
files.catch(() => {}); // told to the calls that need it
const models = {};
const runs = {};
/** The kind of puzzle of a file, and the groups of the puzzle that was checked last. */
const own = { puzzle: undefined, columns: {} };

async function model(kind) {
    models[kind] ??= kind === "puzzle" ? (await files).Model.sudoku() : Model[kind]();
    return models[kind];
}

async function about(kind) {
    const { config, n_weights } = await model(kind);
    return { n_weights, puzzle: kind, config };
}

/** Takes a kind of puzzle, and says what it is. */
function take(puzzle) {
    own.puzzle?.free();
    Object.assign(own, { puzzle, columns: {} });
    const { name, symbols, n_cells, width, columns } = puzzle;
    return { name, symbols, n_cells, width, columns };
}

const calls = {
    about,
    check(kind, text, columns) {
        if (kind === "sudoku") return check_sudoku(text);
        if (kind === "maze") return check_maze(text);
        const check = own.puzzle.check(text, columns);
        own.columns = columns;
        return check;
    },
    generate: (height, width, minPath, seed) => generate_maze(height, width, minPath, seed),

    /** Reads a puzzle file. */
    open: async (toml) => take(new (await files).Puzzle(toml)),

    /** Makes a puzzle of the file. */
    make: (seed, extra) => own.puzzle.generate(seed, extra),

    /** Begins to think about a puzzle, and forgets the run before. */
    async start(kind, text, maxK, seed) {
        const thinker = await model(kind);
        runs[kind]?.free();
        runs[kind] = undefined;
        thinker.seed = seed;
        runs[kind] = kind === "puzzle" ? thinker.puzzle_steps(own.puzzle, text, own.columns, maxK) : thinker[`${kind}_steps`](text, maxK);
    },

    step(kind) {
        const start = performance.now();
        const step = runs[kind].advance();
        return { ...step, ms: performance.now() - start };
    },

    /** Reads a model file and uses it for its puzzle; one for Sudoku serves puzzle files too, where these are shown. */
    async load(bytes, shown) {
        const data = new Uint8Array(bytes);
        let loaded = new Model(data);
        const { puzzle, config } = loaded;
        let kind = puzzle;
        let file;
        if (puzzle === "file" || (puzzle === "sudoku" && shown === "puzzle")) {
            loaded.free();
            loaded = new (await files).Model(data);
            kind = "puzzle";
            if (puzzle === "file") file = take(loaded.puzzle_file);
        } else if (!puzzle) {
            loaded.free();
            const shape = `${config.embedding_dim} numbers in and ${config.answer_dim} out per token`;
            throw new Error(`a model of ${shape} is neither for Sudoku nor for mazes`);
        }
        models[kind]?.free();
        models[kind] = loaded;
        return { ...(await about(kind)), file };
    },

    /** Back to the embedded model. */
    embedded(kind) {
        models[kind]?.free();
        models[kind] = undefined;
        return about(kind);
    },
};

onmessage = async ({ data: { id, name, args } }) => {
    try {
        await ready;
        postMessage({ id, result: await calls[name](...args) });
    } catch (error) {
        postMessage({ id, error: { name: error.name, message: error.message, cells: error.cells } });
    }
};
