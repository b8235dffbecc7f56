/** Confidence and change of one supervision step. */
export interface StepTrace {
    /** The model's probability that the answer is right, 0 to 1. */
    confidence: number;
    /** Part of the answer that changed against the step before, 0 to 1; 1 in the first step. */
    changed: number;
    /** Mean sureness of the answer's parts, 0 to 1. */
    sureness: number;
}

/** One supervision step of a puzzle. */
export interface Step extends StepTrace {
    /** Steps so far. */
    k: number;
    /**
     * Sudoku: cells x digits numbers, 81 x 9 for the usual size: the probability of each digit in each cell; what
     * a given excludes is 0. So for puzzles of a file: cells x symbols numbers.
     * Maze: height x width numbers, the probability that each cell lies on the path.
     */
    probabilities: Float32Array;
    /** How far the model's state moved in this step, by cell: a root mean square, 0 where nothing moved. */
    activity: Float32Array;
    /**
     * The answer after this step: the digits in one line, as the question writes them (`.` where none is
     * preferred), or the maze with `o` on the path. At the step limit it is the answer with the most votes.
     */
    answer: string;
    /** Whether the answer obeys the rules of the puzzle. */
    verified: boolean;
    /** What is wrong with the answer. */
    fault?: string;
    /** Whether the model has stopped, in this step or before: confident, enough steps agree, or they are used up. */
    halted: boolean;
}

/** The answer at the step where the model stopped. */
export interface Solution {
    /** The digits in one line, as the question writes them, or the maze in one line with `o` on the path. */
    answer: string;
    /** Whether the answer obeys the rules of the puzzle; a model can be wrong. */
    verified: boolean;
    /** What is wrong with the answer. */
    fault?: string;
    /** Supervision steps K that were run. */
    k: number;
    /** The model's probability that the answer is right, 0 to 1. */
    confidence: number;
    /** Whether the model stopped before its limit because it was confident, or enough of its steps agreed. */
    early_stopped: boolean;
    /** One entry per step. */
    trace: StepTrace[];
}

/** A refined answer of `Model.reason`. */
export interface TrmResult {
    /** tokens x answer_dim numbers. */
    answer: Float32Array;
    /** Supervision steps K that were run. */
    iterations_used: number;
    /** The model's probability that the answer is right, 0 to 1. */
    confidence: number;
    /** Whether the run stopped before its limit because the confidence sufficed. */
    early_stopped: boolean;
    /** One entry per step. */
    trace: StepTrace[];
}

/** What `check_sudoku` found. */
export interface SudokuCheck {
    /** The cells in one line, `.` for a blank. */
    text: string;
    /** Digits, rows and columns: 9 for the usual size. */
    side: number;
    /** Rows x columns of a box: `"3x3"` for the usual size. */
    boxes: string;
    /** How the digits are written: `"one-based"` for the usual 1-9, and letters from A above. */
    notation: "one-based" | "zero-based" | "letters" | "numbers" | "numbers-from-zero";
    /** Cells that are not blank. */
    givens: number;
    /** 1, or 2 for more than one; undefined where counting took too long. */
    solutions?: 1 | 2;
}

/** What `check_maze` found. */
export interface MazeCheck {
    /** One line per row. */
    text: string;
    height: number;
    width: number;
    /** Steps of a shortest path. */
    shortest: number;
}

/** Groups that come with a puzzle, by the names of their columns: a letter for each cell, or lists such as `"1-2 2-3"`. */
export type PuzzleColumns = Record<string, string>;

/** What `Puzzle.check` found. */
export interface PuzzleCheck {
    /** The cells in one line, `.` for a blank; with what the file fixes. */
    text: string;
    /** Cells that are not blank. */
    givens: number;
    /** 1, or 2 for more than one; undefined where counting took too long. */
    solutions?: 1 | 2;
    /** The groups of cells, in the order of the file. */
    groups: { name: string; cells: Uint32Array }[];
    /** The region of each cell, where groups divide the grid into connected regions, as boxes do. */
    regions?: Uint32Array;
}

/** What `Puzzle.generate` made. */
export interface GeneratedPuzzle {
    question: string;
    answer: string;
    columns: PuzzleColumns;
}

/** What a model is made of; the field names are those of `TrmConfig` in trm-core. */
export interface ModelConfig {
    hidden_dim: number;
    ffn_dim: number;
    n_blocks: number;
    embedding_dim: number;
    answer_dim: number;
    latent_iterations: number;
    cycles: number;
    max_k: number;
    halt_threshold: number;
    /** Where runs halt at the first confident step; otherwise enough steps must agree. */
    halting_rule?: "confidence";
    /** The noise that makes runs differ by their seed, for models that have it. */
    answer_channel?: { noise: number; calm?: number; rise?: number; most?: number };
    [field: string]: unknown;
}

/** An error about a puzzle names its cells, as [row, column] from 0; one about a puzzle file names its line. */
export interface PuzzleError extends Error {
    cells?: [number, number][];
    line?: number;
}

export interface Steps extends Iterable<Step> {
    [Symbol.iterator](): Steps;
}
