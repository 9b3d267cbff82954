//! Decides which sectors a crash leaves of one file, and its length.

use cluster_sim_runtime::{Address, Choice, Roll};

use super::super::file::File;
use super::super::rules::{CrashRules, LengthOrder};
use super::super::sectors::{SECTOR, Sectors};

use super::sector::SectorFate;
use super::{Decide, Outcome};
use crate::content::Content;
use crate::pages::PAGE;

const SECTORS_PER_PAGE: usize = PAGE / SECTOR;

/// The pattern of the unsynced sectors that are left of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Nothing.
    LoseAll,
    /// Everything.
    KeepAll,
    /// The first sectors, by their number; the next one is decided by itself.
    Prefix(usize),
    /// All but the first sectors, by their number.
    Suffix(usize),
    /// Each sector is decided by itself: old or new.
    Subset,
    /// Each sector is decided by itself: old, new, torn or garbage.
    Mix,
    /// Nothing of the data, but the cut that came before it.
    Cut,
}

impl Mode {
    /// The mode as the value of a choice: kind, number of sectors, and whether a cut is kept if the mode leaves that open.
    fn roll(roll: Roll, sectors: usize) -> u64 {
        let number = ((roll.0 & 0xffff_ffff) * sectors as u64) >> 32;
        let cut = (roll.0 >> 40) & 1;
        match roll.below(16) {
            0 | 1 => 0,
            2..=4 => 1,
            5..=8 => 2 | number << 8,
            9 | 10 => 3 | number << 8 | cut << 4,
            11 | 12 => 4 | cut << 4,
            13 | 14 => 5 | cut << 4,
            _ => 6,
        }
    }

    fn of_value(value: u64) -> (Self, bool) {
        let (number, cut) = ((value >> 8) as usize, (value >> 4) & 1 == 1);
        match value & 15 {
            0 => (Self::LoseAll, false),
            1 => (Self::KeepAll, true),
            2 => (Self::Prefix(number), true),
            3 => (Self::Suffix(number), cut),
            4 => (Self::Subset, cut),
            5 => (Self::Mix, cut),
            _ => (Self::Cut, true),
        }
    }
}

/// The part of a file that the journal kept: up to where it cut the file, and the length it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::disk) struct Journaled {
    /// The shortest length on the way; what is beyond was written anew.
    pub(in crate::disk) floor: u64,
    /// The length.
    pub(in crate::disk) length: u64,
}

impl File {
    /// Decides what is left after a crash; `journaled` is what the journal kept of its lengths, where lengths go through one.
    pub(in crate::disk) fn crash(
        &mut self,
        rules: CrashRules,
        journaled: Option<Journaled>,
        (path, address): (&str, Address),
        decide: &mut Decide<'_>,
    ) -> Outcome {
        // Beyond the shortest length a journal shows new bytes only with the length that covers them.
        let limit = if rules.journals_lengths() { self.shortest } else { self.current.len() };
        let sectors = self.unsynced_below(limit);
        let count = sectors.len();
        let mode = decide(Choice::CrashFile, address, (path, None), &|roll| Mode::roll(roll, count));
        let (mode, cut) = Mode::of_value(mode);
        let mut outcome = Outcome { unsynced: count as u32, ..Outcome::default() };

        let mut left = self.durable.clone();
        match journaled {
            Some(kept) => {
                left.fit(kept.floor.min(left.len()));
                left.copy_from(&self.current, left.len()..kept.length);
                left.fit(kept.length);
            }
            None if cut && self.shortest < left.len() => left.fit(self.shortest),
            None => {}
        }
        let grown_from = left.len();
        let mut end = 0;
        for (number, sector) in sectors.into_iter().enumerate() {
            let of_sector = |decide: &mut Decide<'_>, read: &dyn Fn(Roll) -> u64| {
                let subject = (path, Some(sector * SECTOR as u64));
                SectorFate::of_value(decide(Choice::CrashSector, address.number(sector), subject, read))
            };
            let of_mix = |roll| SectorFate::of_mix(roll, rules);
            let fate = match mode {
                Mode::LoseAll | Mode::Cut => SectorFate::Lost,
                Mode::KeepAll => SectorFate::Kept,
                Mode::Prefix(kept) if number == kept => of_sector(decide, &of_mix),
                Mode::Prefix(kept) if number > kept => SectorFate::Lost,
                Mode::Suffix(lost) if number < lost => SectorFate::Lost,
                Mode::Prefix(_) | Mode::Suffix(_) => SectorFate::Kept,
                Mode::Subset => of_sector(decide, &SectorFate::of_subset),
                Mode::Mix => of_sector(decide, &of_mix),
            };
            outcome.count(fate);
            if fate != SectorFate::Lost {
                let from = sector * SECTOR as u64;
                let to = (from + SECTOR as u64).min(limit);
                self.leave(&mut left, from..to, fate, grown_from, rules);
                end = to;
            }
        }
        let length = match journaled {
            Some(kept) => kept.length,
            None => self.length_after(mode, (grown_from, end), rules, (path, address), decide),
        };
        left.fit(length);
        self.durable = left;
        self.settle();
        outcome
    }

    /// The unsynced sectors that begin below `limit`, in order.
    fn unsynced_below(&self, limit: u64) -> Vec<u64> {
        let of_page = |(page, bits): (u64, Sectors)| {
            let first = page * SECTORS_PER_PAGE as u64;
            (0..SECTORS_PER_PAGE as u64).filter(move |bit| bits & (1 << bit) != 0).map(move |bit| first + bit)
        };
        self.unsynced.iter().flat_map(of_page).take_while(|sector| sector * (SECTOR as u64) < limit).collect()
    }

    /// Leaves one sector as its fate says, in `left`.
    fn leave(&self, left: &mut Content, range: std::ops::Range<u64>, fate: SectorFate, grown_from: u64, rules: CrashRules) {
        let page = range.start / PAGE as u64;
        let (from, length) = ((range.start % PAGE as u64) as usize, (range.end - range.start) as usize);
        let zeros = [0; PAGE];
        let new = self.current.page(page).map_or(&zeros, |page| &***page);
        let old = &mut left.page_mut(page)[from..from + length];
        let grown = grown_from.clamp(range.start, range.end) - range.start;
        fate.apply(old, &new[from..from + length], grown as usize..length, rules);
    }

    /// The length after a crash, where no journal has it.
    fn length_after(
        &self,
        mode: Mode,
        (base, end): (u64, u64),
        rules: CrashRules,
        (path, address): (&str, Address),
        decide: &mut Decide<'_>,
    ) -> u64 {
        let new = self.current.len();
        let follows = match mode {
            Mode::KeepAll => new,
            _ => base.max(end),
        };
        if rules.lengths != LengthOrder::Apart || (base == new && follows == new) {
            return follows;
        }
        decide(Choice::CrashLength, address, (path, None), &|roll| match roll.below(8) {
            0..=4 => follows,
            5 => base,
            6 => new,
            _ => base.min(new) + (roll.0 & 0xffff_ffff) % (base.abs_diff(new) + 1),
        })
    }
}
