//! A trainer for tiny recursive models on an ordinary CPU.
