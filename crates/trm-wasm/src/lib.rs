//! Tiny recursive models in the browser.
