// The page in a real browser: headless Chromium.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { withNote } from "./note.mjs";

const { TRM_PAGE: address, CHROMIUM: executablePath, TRM_SCREENSHOTS: screenshots } = process.env;
const weights = fileURLToPath(new URL("../../trm-models/weights/sudoku.safetensors", import.meta.url));
const QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
];
const profile = mkdtempSync(join(tmpdir(), "trm-page-"));
let context;

before(async () => {
    context = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args: QUIET });
});

after(async () => {
    await context?.close();
    rmSync(profile, { recursive: true, force: true });
});

/** A test on a fresh page, which must stay without errors and ask nobody but its server. */
function onPage(name, options, body) {
    test(name, async () => {
        const page = await context.newPage();
        page.setDefaultTimeout(60_000);
        const faults = [];
        page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
        page.on("pageerror", (error) => faults.push(String(error)));
        page.on("request", (request) => request.url().startsWith(address) || request.url().startsWith("blob:")
            || faults.push(request.url()));
        await page.setViewportSize(options.size ?? { width: 1200, height: 900 });
        await page.emulateMedia({ colorScheme: options.scheme ?? "light" });
        await page.goto(address);
        await page.locator("#weights", { hasText: /^[\d,]+$/ }).waitFor();
        await body(page);
        assert.deepEqual(faults, []);
        await page.close();
    });
}

const shot = (page, name) => screenshots && page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
const status = (page, kind) => page.locator(`#${kind} .status`);
const press = (page, kind, button) => page.locator(`#${kind} .${button}`).click();
const fullSpeed = (page, kind) => page.locator(`#${kind} .speed input`).fill("4");

async function solves(page, kind) {
    await press(page, kind, "think");
    await status(page, kind).filter({ hasText: /Solved|wrong|Gave up/ }).waitFor();
    return (await status(page, kind).textContent()).startsWith("Solved");
}

onPage("solves a hard board", {}, async (page) => {
    await fullSpeed(page, "sudoku");
    const hard = await page.locator("#sudoku-pick optgroup[label=Hard] option").evaluateAll((all) => all.map((o) => o.value));
    const steps = async () => Number(await page.locator("#sudoku .k").textContent());
    const solved = [];
    for (const puzzle of hard) {
        await page.selectOption("#sudoku-pick", puzzle);
        // Others take a single step.
        if (await solves(page, "sudoku") && await steps() >= 2) solved.push(puzzle);
    }
    assert.ok(solved.length >= 1, "none of the hard boards was solved in two steps or more");
    await page.selectOption("#sudoku-pick", solved[0]);
    assert.equal(await solves(page, "sudoku"), true);
    const cells = await page.locator("#sudoku-board b").allTextContents();
    assert.match(cells.join(""), /^[1-9]{81}$/);
    [...solved[0]].forEach((given, i) => assert.ok(given === "." || given === cells[i]));
    assert.ok(await steps() >= 2);
    await shot(page, "sudoku-solved-light");
});

onPage("draws every step", {}, async (page) => {
    await page.selectOption("#sudoku-pick", { label: "Extreme 3" });
    const drawn = () => page.locator("#sudoku-board").evaluate((board) =>
        [...board.querySelectorAll("i, b")].map((x) => x.style.opacity).join() + board.innerHTML.match(/--activity: [^;]+/g));
    let before = await drawn();
    for (let k = 1; k <= 3; k++) {
        await press(page, "sudoku", "step");
        await page.locator("#sudoku .k", { hasText: new RegExp(`^${k}$`) }).waitFor();
        const now = await drawn();
        assert.notEqual(now, before, `step ${k}`);
        before = now;
    }
    assert.match(await page.locator("#sudoku .ms").textContent(), /\d/);
    assert.equal((await page.locator("#sudoku .chart .line").getAttribute("d")).match(/[ML]/g).length, 3);
    await page.waitForTimeout(400); // the fading
    await shot(page, "sudoku-thinking-light");
    await press(page, "sudoku", "over");
    assert.equal(await page.locator("#sudoku .k").textContent(), "0");
});

onPage("pauses and goes on", {}, async (page) => {
    await page.selectOption("#sudoku-pick", { label: "Extreme 5" });
    await page.locator("#sudoku .speed input").fill("1");
    // Pressed from within the page: before the next step is due.
    await page.evaluate(async () => {
        const [think, k] = [".think", ".k"].map((name) => document.querySelector(`#sudoku ${name}`));
        think.click();
        while (k.textContent === "0") await new Promise((done) => setTimeout(done, 5));
        think.click();
    });
    await status(page, "sudoku").filter({ hasText: "Paused" }).waitFor();
    const k = Number(await page.locator("#sudoku .k").textContent());
    await page.waitForTimeout(1000);
    assert.ok(Number(await page.locator("#sudoku .k").textContent()) <= k + 1);
    await fullSpeed(page, "sudoku");
    // A model may need no further step than the one that was on its way: the end of the run tells.
    await solves(page, "sudoku");
});

onPage("refuses a conflicting board, and one without a solution", {}, async (page) => {
    await page.click("#sudoku-clear");
    await page.locator("#sudoku-board .cell").first().focus();
    await page.keyboard.press("5");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("5");
    await page.keyboard.press("Enter");
    const refusal = /look again: 5 stands twice in row 1: row 1, column 1 and row 1, column 2/;
    await status(page, "sudoku").filter({ hasText: refusal }).waitFor();
    assert.equal(await page.locator("#sudoku-board [aria-invalid]").count(), 2);
    await shot(page, "sudoku-refused-light");
    await page.locator("#sudoku .more summary").click();
    await page.fill("#sudoku-text", `12345678.\n........9\n${".........\n".repeat(7)}`);
    await page.click("#sudoku-use");
    await press(page, "sudoku", "think");
    await status(page, "sudoku").filter({ hasText: "the Sudoku has no solution" }).waitFor();
    await page.fill("#sudoku-text", "123");
    await page.click("#sudoku-use");
    await status(page, "sudoku").filter({ hasText: "3 cells: a Sudoku has 81" }).waitFor();
});

/** Waits until a puzzle is on the board of puzzle files. */
const given = (page) => page.locator("#puzzle-board .given").first().waitFor();
const symbols = (page) => page.locator("#puzzle-board b").allTextContents();

onPage("solves variants that its weights have never seen", {}, async (page) => {
    await page.click("#tab-puzzle");
    await fullSpeed(page, "puzzle");
    for (const [kind, nCells, nShaded, nBorders] of [
        ["Sudoku X", 81, 17, 36], ["Windoku", 81, 36, 36], ["Jigsaw", 81, 0, undefined], ["6x6", 36, 0, 18], ["12x12", 144, 0, 60],
    ]) {
        await page.selectOption("#puzzle-kind", kind);
        await page.waitForFunction((n) => document.querySelectorAll("#puzzle-board .cell").length === n, nCells);
        let [tries, solved] = [0, false];
        for (; tries < 4 && !solved; tries++) {
            if (tries) await page.click("#puzzle-new");
            await given(page);
            solved = await solves(page, "puzzle");
        }
        assert.ok(solved, `${kind}: ${await status(page, "puzzle").textContent()}`);
        assert.match((await symbols(page)).join(""), new RegExp(`^[1-9A-C]{${nCells}}$`));
        const [shaded, right, bottom] = await Promise.all(
            ["shaded", "right", "bottom"].map((name) => page.locator(`#puzzle-board .${name}`).count()));
        assert.equal(shaded, nShaded, kind);
        if (nBorders !== undefined) assert.equal(right + bottom, nBorders, kind);
        else assert.ok(right > 9 && bottom > 9, `${right} ${bottom}`);
        await page.waitForTimeout(300);
        await shot(page, `puzzle-${kind.toLowerCase().replaceAll(" ", "-")}-light`);
    }
});

const toml = (text) => ({ name: "own.toml", mimeType: "application/toml", buffer: Buffer.from(text) });
const SMALL = 'name = "Small"\ngrid = [4, 4]\nsymbols = "ABCD"\ngroups = [{ name = "row", cells = "rows", kind = "line" }, '
    + '{ name = "column", cells = "columns", kind = "line" }, { name = "region", column = "regions", make = "regions", kind = "box" }]';

onPage("takes a puzzle file, and puzzles of it", { scheme: "dark" }, async (page) => {
    await page.click("#tab-puzzle");
    await page.setInputFiles("#puzzle-file", toml(SMALL));
    await page.waitForFunction(() => document.querySelectorAll("#puzzle-board .cell").length === 16);
    await given(page);
    assert.equal(await page.locator("#puzzle-kind").inputValue(), "Small (own.toml)");
    await page.locator("#puzzle .more summary").click();
    await page.fill("#puzzle-text", "A...\n....\n....\n...B");
    await page.fill("#puzzle-columns input[name=regions]", "AABBAABBCCDDCCDD");
    await page.click("#puzzle-use");
    await page.waitForFunction(() => document.querySelectorAll("#puzzle-board .given").length === 2);
    assert.equal(await page.locator("#puzzle-board .right, #puzzle-board .bottom").count(), 7);
    // By hand, in small letters.
    await page.locator("#puzzle-board .cell").nth(1).focus();
    await page.keyboard.press("a");
    await page.keyboard.press("Enter");
    await status(page, "puzzle").filter({ hasText: "A stands twice in a row: r1c1 and r1c2" }).waitFor();
    assert.equal(await page.locator("#puzzle-board [aria-invalid]").count(), 2);
    await shot(page, "puzzle-refused-dark");
    await page.keyboard.press("Delete");
    for (const key of ["ArrowLeft", "ArrowUp", "ArrowLeft", "ArrowLeft", "b"]) await page.keyboard.press(key);
    await page.locator("#puzzle-board .cell", { hasText: "B" }).nth(1).waitFor();
    assert.equal((await symbols(page)).join(","), "A,,,,,,,,,,,,,,B,B", "keys go around the edges");
    await page.fill("#puzzle-text", "ABC. ...D .... ....");
    await page.click("#puzzle-use");
    await status(page, "puzzle").filter({ hasText: "the puzzle has no solution" }).waitFor();
    await page.fill("#puzzle-text", "AB");
    await page.click("#puzzle-use");
    await status(page, "puzzle").filter({ hasText: "2 cells, 16 were expected" }).waitFor();
    await page.fill("#puzzle-columns input[name=regions]", "AAAA");
    await page.click("#puzzle-use");
    await page.setInputFiles("#puzzle-file", toml(SMALL.replace("columns", "spirals")));
    await status(page, "puzzle").filter({ hasText: 'own.toml: line 4: "spirals" names no cells' }).waitFor();
    await page.setInputFiles("#puzzle-file", toml(SMALL.replace("[4, 4]", "[1000, 1000]")));
    await status(page, "puzzle").filter({ hasText: "own.toml: line 2: 1000000 cells" }).waitFor();
});

onPage("takes a model that carries its puzzle", {}, async (page) => {
    const small = SMALL.replace(', { name = "region", column = "regions", make = "regions", kind = "box" }',
        ', { name = "box", cells = "boxes 2x2", kind = "box" }');
    const buffer = withNote(readFileSync(weights), "puzzle", small);
    await page.locator("#sudoku .player summary").click();
    await page.setInputFiles("#sudoku .file", { name: "own.safetensors", mimeType: "application/octet-stream", buffer });
    await page.locator("#puzzle .model", { hasText: "own.safetensors" }).waitFor({ state: "attached" });
    await given(page);
    assert.equal(await page.locator("#tab-puzzle").getAttribute("aria-selected"), "true");
    await fullSpeed(page, "puzzle");
    assert.equal(await solves(page, "puzzle"), true, await status(page, "puzzle").textContent());
    assert.match((await symbols(page)).join(""), /^[A-D]{16}$/);
});

/** Clicks the middle of a maze cell. */
async function clickCell(page, row, column, height, width) {
    const box = await page.locator("#maze-board").boundingBox();
    const inner = { x: box.x + 3, y: box.y + 3, width: box.width - 6, height: box.height - 6 };
    await page.mouse.click(inner.x + ((column + 0.5) * inner.width) / width, inner.y + ((row + 0.5) * inner.height) / height);
}

onPage("solves a maze that was drawn by hand", {}, async (page) => {
    await page.click("#tab-maze");
    for (const [name, n] of [["height", 5], ["width", 7]]) {
        await page.fill(`#maze-${name}`, String(n));
        await page.locator(`#maze-${name}`).blur();
    }
    // A serpent: walls in row 2 but for the right end, in row 4 but for the left one.
    for (let column = 0; column < 6; column++) await clickCell(page, 1, column, 5, 7);
    for (let column = 1; column < 7; column++) await clickCell(page, 3, column, 5, 7);
    await page.locator("#maze .speed input").fill("4");
    assert.equal(await solves(page, "maze"), true, await status(page, "maze").textContent());
    await page.waitForTimeout(300);
    await shot(page, "maze-drawn-light");
    await page.locator("#maze-board").focus();
    await page.keyboard.press("ArrowDown");
    assert.match(await page.locator("#maze-cursor").textContent(), /^Row \d, column \d: /);
});

onPage("refuses a maze without a way", {}, async (page) => {
    await page.click("#tab-maze");
    await page.locator("#maze .more summary").click();
    await page.fill("#maze-text", "S# \n## \n  G\n");
    await page.click("#maze-use");
    await status(page, "maze").filter({ hasText: "no path leads from row 1, column 1 to row 3, column 3" }).waitFor();
});

onPage("draws the wave in a maze of 100 x 100, and never keeps the page waiting", { scheme: "dark" }, async (page) => {
    await page.click("#tab-maze");
    for (const name of ["height", "width"]) {
        await page.fill(`#maze-${name}`, "100");
        await page.locator(`#maze-${name}`).blur();
    }
    await page.click("#maze-random");
    await page.waitForTimeout(1000);
    await page.evaluate(() => {
        window.longTasks = [];
        const keep = (list) => window.longTasks.push(...list.getEntries().map((task) => Math.round(task.duration)));
        new PerformanceObserver(keep).observe({ type: "longtask" });
    });
    await fullSpeed(page, "maze");
    await press(page, "maze", "think");
    await page.waitForFunction(() => Number(document.querySelector("#maze .k").textContent) >= 8);
    await press(page, "maze", "think");
    await page.waitForTimeout(400);
    // A long task is one of more than 50 ms.
    assert.deepEqual(await page.evaluate(() => window.longTasks), []);
    await shot(page, "maze-wave-dark");
});

onPage("takes a model file, and refuses what is none", {}, async (page) => {
    await page.locator("#sudoku .player summary").click();
    await page.setInputFiles("#sudoku .file", weights);
    await page.locator("#sudoku .model", { hasText: "sudoku.safetensors" }).waitFor();
    await press(page, "sudoku", "step");
    await page.locator("#sudoku .k", { hasText: /^1$/ }).waitFor();
    const broken = { name: "broken.safetensors", mimeType: "application/octet-stream", buffer: Buffer.from("no model") };
    await page.setInputFiles("#sudoku .file", broken);
    await status(page, "sudoku").filter({ hasText: "broken.safetensors: not a readable model file" }).waitFor();
    await page.click("#sudoku .embedded");
    await page.locator("#sudoku .model", { hasText: "Built in" }).waitFor();
});

onPage("exports the trace", {}, async (page) => {
    await press(page, "sudoku", "step");
    await press(page, "sudoku", "step");
    await page.locator("#sudoku .k", { hasText: /^2$/ }).waitFor();
    await page.locator("#sudoku .player summary").click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#sudoku .export")]);
    const trace = JSON.parse(readFileSync(await download.path(), "utf8"));
    assert.deepEqual([trace.puzzle, trace.question.length, trace.steps.length], ["sudoku", 81, 2]);
    assert.equal(trace.steps[1].probabilities.length, 729);
});

onPage("works after the network is gone", {}, async (page) => {
    // The program for puzzle files comes behind the other one.
    await page.locator("#puzzle-board .given").first().waitFor({ state: "attached" });
    await context.setOffline(true);
    try {
        await fullSpeed(page, "sudoku");
        await page.selectOption("#sudoku-pick", { label: "Easy 2" });
        assert.equal(await solves(page, "sudoku"), true, await status(page, "sudoku").textContent());
        await page.click("#tab-puzzle");
        await page.selectOption("#puzzle-kind", "6x6");
        await page.waitForFunction(() => document.querySelectorAll("#puzzle-board .cell").length === 36);
        await given(page);
        await press(page, "puzzle", "step");
        await page.locator("#puzzle .k", { hasText: /^1$/ }).waitFor();
        await page.click("#tab-maze");
        await page.click("#maze-random");
        await press(page, "maze", "step");
        await page.locator("#maze .k", { hasText: /^1$/ }).waitFor();
    } finally {
        await context.setOffline(false);
    }
});

onPage("fits a telephone", { size: { width: 360, height: 780 }, scheme: "dark" }, async (page) => {
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok((await overflow()) <= 0, "the page is wider than the screen");
    await page.selectOption("#sudoku-pick", { label: "Hard 1" });
    await press(page, "sudoku", "step");
    await page.locator("#sudoku .k", { hasText: /^1$/ }).waitFor();
    await page.waitForTimeout(400);
    await shot(page, "phone-sudoku-dark");
    await page.click("#tab-puzzle");
    await page.selectOption("#puzzle-kind", "12x12");
    await page.waitForFunction(() => document.querySelectorAll("#puzzle-board .cell").length === 144);
    assert.ok((await overflow()) <= 0, "the variants are wider than the screen");
    await press(page, "puzzle", "step");
    await page.locator("#puzzle .k", { hasText: /^1$/ }).waitFor();
    await page.waitForTimeout(400);
    await shot(page, "phone-puzzle-dark");
    await page.click("#tab-maze");
    assert.ok((await overflow()) <= 0, "the maze is wider than the screen");
    await press(page, "maze", "step");
    await page.locator("#maze .k", { hasText: /^1$/ }).waitFor();
    await page.waitForTimeout(400);
    await shot(page, "phone-maze-dark");
});

onPage("every control has a name", {}, async (page) => {
    for (const kind of ["sudoku", "puzzle", "maze"]) {
        await page.click(`#tab-${kind}`);
        if (kind === "puzzle") {
            await page.selectOption("#puzzle-kind", "Jigsaw");
            await page.locator("#puzzle-columns input").waitFor({ state: "attached" });
        }
        for (const details of await page.locator(`#${kind} summary`).all()) await details.click();
        const nameless = await page.locator(`#${kind}`).evaluate((section) =>
            [...section.querySelectorAll("button, input, select, textarea, canvas, [role=gridcell]")]
                .filter((x) => !(x.ariaLabel || x.labels?.length || x.textContent.trim()))
                .map((x) => x.outerHTML));
        assert.deepEqual(nameless, []);
    }
});
