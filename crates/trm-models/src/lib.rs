//! Pretrained weights of tiny recursive models, as data.
