//! Choices of crashes in words.

use cluster_sim_runtime::Choice;

use super::sector::SectorFate;

/// Describes a choice of a crash by its value; `None` for other choices.
///
/// The subject (a file, a sector, a name) is left out.
pub fn crash_choice_text(choice: Choice, value: u64) -> Option<String> {
    Some(match choice {
        Choice::CrashNames | Choice::CrashFile => {
            let parts = if choice == Choice::CrashNames { "changes of names" } else { "sectors" };
            format!("a crash keeps {}", pattern(choice, value, parts))
        }
        Choice::CrashName => "a crash keeps this change of a name".to_owned(),
        Choice::CrashSector => match SectorFate::of_value(value) {
            SectorFate::Lost => "a crash loses this sector".to_owned(),
            SectorFate::Kept => "a crash keeps this sector".to_owned(),
            SectorFate::TornPrefix(_) => "a crash keeps the first bytes of this sector".to_owned(),
            SectorFate::TornSuffix(_) => "a crash keeps the last bytes of this sector".to_owned(),
            SectorFate::TornSubset(_) => "a crash keeps some bytes of this sector".to_owned(),
            SectorFate::Garbage(_) => "a crash leaves garbage in this sector".to_owned(),
        },
        Choice::CrashLength => format!("a crash leaves {value} bytes"),
        _ => return None,
    })
}

/// The pattern of `CrashNames` or `CrashFile`, by the values of their modes.
fn pattern(choice: Choice, value: u64, parts: &str) -> String {
    let number = value >> 8;
    match (choice, value & 15) {
        (_, 1) => format!("all unsynced {parts}"),
        (_, 2) => format!("the first {number} unsynced {parts}"),
        (Choice::CrashFile, 3) => format!("all unsynced {parts} but the first {number}"),
        (Choice::CrashFile, 6) => "the cut, and no data written after it".to_owned(),
        (_, 0) => format!("no unsynced {parts}"),
        _ => format!("some unsynced {parts}"),
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_runtime::Roll;

    use super::super::super::rules::CrashRules;
    use super::*;

    #[test]
    fn every_kind_of_choice_has_a_text() {
        let texts = [
            (Choice::CrashNames, 0, "a crash keeps no unsynced changes of names"),
            (Choice::CrashNames, 3, "a crash keeps some unsynced changes of names"),
            (Choice::CrashFile, 2 | 4 << 8, "a crash keeps the first 4 unsynced sectors"),
            (Choice::CrashFile, 3 | 4 << 8, "a crash keeps all unsynced sectors but the first 4"),
            (Choice::CrashFile, 6, "a crash keeps the cut, and no data written after it"),
            (Choice::CrashName, 1, "a crash keeps this change of a name"),
            (
                Choice::CrashSector,
                SectorFate::of_mix(Roll(u64::MAX), CrashRules::strict_posix()),
                "a crash leaves garbage in this sector",
            ),
            (Choice::CrashLength, 7, "a crash leaves 7 bytes"),
        ];
        for (choice, value, text) in texts {
            assert_eq!(crash_choice_text(choice, value).as_deref(), Some(text));
        }
        assert_eq!(crash_choice_text(Choice::Delay, 1), None);
    }
}
