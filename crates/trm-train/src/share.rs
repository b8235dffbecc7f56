//! How the batch is spread over ranks: in chunks, each on one rank, moved where the load is uneven.

use crate::balance;
use crate::checkpoint::SlotState;
use crate::slot::Slot;
use bincode::config::standard;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use trm_core::Buffer;
use trm_core::model::StepLoss;
use trm_world::World;

/// Questions whose gradients are summed by one thread before the others' are added: fixed, so
/// that the number of threads and of ranks does not change the bits.
pub(crate) const CHUNK: usize = 2;

/// A chunk of the batch and the sum of its gradients.
#[derive(Default)]
pub(crate) struct Part {
    /// Which chunk: it holds the questions from `CHUNK * chunk` on.
    pub chunk: usize,
    pub slots: Vec<Slot>,
    pub grads: Buffer<f32>,
    pub losses: Vec<StepLoss>,
}

/// What every rank must know of a question's step.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    /// The answer's loss.
    pub answer: f64,
    /// The halt head's loss.
    pub halt: f64,
    pub right: bool,
    /// Whether it makes room for another question.
    pub done: bool,
    pub flops: u64,
}

/// Which rank has which chunk.
#[derive(Default)]
pub(crate) struct Share {
    /// `[chunks]`
    pub owners: Vec<usize>,
    /// `[ranks]`
    threads: Vec<usize>,
}

/// What is sent between ranks of one program is read by the same code.
fn encode(value: &impl Serialize) -> Vec<u8> {
    bincode::serde::encode_to_vec(value, standard()).expect("plain data")
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> T {
    bincode::serde::decode_from_slice(bytes, standard()).expect("what encode wrote").0
}

impl Share {
    /// Deals the chunks of a batch out to all ranks, which compute on the threads of their rayon pools.
    pub fn new(world: &dyn World, batch: usize) -> Self {
        let threads = world.all_gather(encode(&rayon::current_num_threads()));
        Share {
            owners: (0..batch.div_ceil(CHUNK)).map(|chunk| chunk % world.size()).collect(),
            threads: threads.iter().map(|n| decode::<usize>(n).max(1)).collect(),
        }
    }

    /// The chunks of a rank, in their order.
    pub fn chunks(&self, rank: usize) -> impl Iterator<Item = usize> {
        self.owners.iter().enumerate().filter(move |(_, owner)| **owner == rank).map(|(chunk, _)| chunk)
    }

    /// What all questions of the batch reported, in their order.
    pub fn reports(
        &self,
        world: &dyn World,
        parts: &[Part],
        max_supervision_steps: u32,
        flops: impl Fn(&Slot) -> u64,
    ) -> Vec<Report> {
        let report = |(slot, loss): (&Slot, &StepLoss)| Report {
            answer: loss.answer,
            halt: loss.halt,
            right: loss.right,
            done: slot.is_done_after(loss.right, max_supervision_steps),
            flops: flops(slot),
        };
        let own = parts.iter().map(|part| part.slots.iter().zip(&part.losses).map(report).collect());
        self.in_order(world.size(), own.collect(), |own| world.all_gather(own))
    }

    /// The states of all questions, in their order, on rank 0; those of this rank elsewhere.
    pub fn states(&self, world: &dyn World, parts: &[Part]) -> Vec<SlotState> {
        let own: Vec<Vec<SlotState>> =
            parts.iter().map(|part| part.slots.iter().map(Slot::save).collect()).collect();
        if world.rank() == 0 {
            return self.in_order(world.size(), own, |own| world.gather(own));
        }
        world.gather(encode(&own));
        own.into_iter().flatten().collect()
    }

    /// Joins what each rank has of its chunks in the order of the chunks.
    fn in_order<T: Serialize + DeserializeOwned>(
        &self,
        n_ranks: usize,
        own: Vec<Vec<T>>,
        gather: impl FnOnce(Vec<u8>) -> Vec<Vec<u8>>,
    ) -> Vec<T> {
        if n_ranks == 1 {
            return own.into_iter().flatten().collect();
        }
        let of_ranks = gather(encode(&own));
        let mut of_ranks: Vec<_> =
            of_ranks.iter().map(|bytes| decode::<Vec<Vec<T>>>(bytes).into_iter()).collect();
        self.owners.iter().flat_map(|owner| of_ranks[*owner].next().expect("each chunk of a rank")).collect()
    }

    /// Evens out the load, where that saves time: the parts that leave go to their new ranks, and those that came are
    /// made by `restore`. `cost` is the work of a question's step.
    pub fn rebalance<E>(
        &mut self,
        world: &dyn World,
        parts: &mut Vec<Part>,
        cost: impl Fn(&Slot) -> u64,
        mut restore: impl FnMut(Part, Vec<SlotState>) -> Result<Part, E>,
    ) -> Result<(), E> {
        if world.size() == 1 {
            return Ok(());
        }
        let own = parts.iter().map(|part| vec![part.slots.iter().map(&cost).sum::<u64>()]).collect();
        let costs: Vec<u64> = self.in_order(world.size(), own, |own| world.all_gather(own));
        let owners = balance::balanced(&costs, &self.owners, &self.threads);
        if owners == self.owners {
            return Ok(());
        }
        let (staying, leaving) = std::mem::take(parts)
            .into_iter()
            .partition::<Vec<Part>, _>(|part| owners[part.chunk] == world.rank());
        let mut sent: Vec<Vec<(usize, Vec<SlotState>)>> = vec![Vec::new(); world.size()];
        for part in &leaving {
            sent[owners[part.chunk]].push((part.chunk, part.slots.iter().map(Slot::save).collect()));
        }
        self.owners = owners;
        *parts = staying;
        // The buffers of those that left serve those that come.
        let mut spare = leaving.into_iter();
        for bytes in world.exchange(sent.iter().map(encode).collect()) {
            for (chunk, states) in decode::<Vec<(usize, Vec<SlotState>)>>(&bytes) {
                let spare = spare.next().unwrap_or_default();
                parts.push(restore(Part { chunk, ..spare }, states)?);
            }
        }
        parts.sort_by_key(|part| part.chunk);
        Ok(())
    }
}
