// The models, in a thread of their own, so that the page never waits for them. Each message is a call by
// name; the answer has its number.
import init, { Model, check_maze, check_sudoku, generate_maze } from "./trm_wasm.js";

const ready = init();
const models = {};
const runs = {};

function model(kind) {
    models[kind] ??= Model[kind]();
    return models[kind];
}

function about(kind) {
    const { config, n_weights, puzzle } = model(kind);
    return { n_weights, puzzle, config };
}

const calls = {
    about,
    check: (kind, text) => (kind === "sudoku" ? check_sudoku(text) : check_maze(text)),
    generate: (height, width, minPath, seed) => generate_maze(height, width, minPath, seed),

    /** Begins to think about a puzzle, and forgets the run before. */
    start(kind, text, maxK, seed) {
        runs[kind]?.free();
        runs[kind] = undefined;
        model(kind).seed = seed;
        runs[kind] = model(kind)[`${kind}_steps`](text, maxK);
    },

    step(kind) {
        const start = performance.now();
        const step = runs[kind].advance();
        return { ...step, ms: performance.now() - start };
    },

    /** Reads a model file and uses it for its puzzle. */
    load(bytes) {
        const loaded = new Model(new Uint8Array(bytes));
        const { puzzle, config } = loaded;
        if (!puzzle) {
            loaded.free();
            const shape = `${config.embedding_dim} numbers in and ${config.answer_dim} out per token`;
            throw new Error(`a model of ${shape} is neither for Sudoku nor for mazes`);
        }
        models[puzzle]?.free();
        models[puzzle] = loaded;
        return about(puzzle);
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
        postMessage({ id, result: calls[name](...args) });
    } catch (error) {
        postMessage({ id, error: { name: error.name, message: error.message, cells: error.cells } });
    }
};
