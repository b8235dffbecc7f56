//! Tiny Recursive Models: the recursion, its nets, forward and backward.
