//! Predicts how many refinement steps a question needs, and learns from every answer.
