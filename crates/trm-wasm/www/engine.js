// The page's side of the worker.

/** Calls into the worker; each returns a promise. */
export class Engine {
    #worker = null;
    #open = new Map();
    #next = 0;

    #begin() {
        this.#worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
        this.#worker.onmessage = ({ data }) => {
            const call = this.#open.get(data.id);
            this.#open.delete(data.id);
            if (!data.error) {
                call?.resolve(data.result);
            } else if (data.error.name === "RuntimeError") {
                // A trapped program cannot go on: the next call begins with a new one.
                this.#end(data.error.message, call);
            } else {
                call?.reject(Object.assign(new Error(data.error.message), { cells: data.error.cells }));
            }
        };
        this.#worker.onerror = (event) => this.#end(event.message || "it could not be loaded");
    }

    #end(why, call) {
        const error = new Error(`the program stopped (${why}); please start over`);
        this.#worker.terminate();
        this.#worker = null;
        call?.reject(error);
        for (const { reject } of this.#open.values()) reject(error);
        this.#open.clear();
    }

    call(name, ...args) {
        if (!this.#worker) this.#begin();
        const id = this.#next++;
        return new Promise((resolve, reject) => {
            this.#open.set(id, { resolve, reject });
            this.#worker.postMessage({ id, name, args });
        });
    }
}
