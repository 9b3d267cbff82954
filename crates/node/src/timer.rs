//! The names of a machine's timers.

/// The name of a timer, chosen by the machine.
///
/// Each machine has its own timers; setting a timer that is armed moves it. A machine with several kinds of timers declares them
/// with [`timers!`](crate::timers); one with a timer for each request numbers them itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer(pub u64);

/// Declares the timers of a machine as an enum, so that the compiler asks for the code of each.
///
/// The enum converts into a [`Timer`](crate::Timer), which is what [`Effects::set_timer`](crate::Effects::set_timer) takes. A
/// machine that sets no other timers gets it back by `Name::of`; `Name::try_from` is for one that does.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim_node::{Effects, Input, LocalInstant, Machine, timers};
///
/// timers! {
///     /// What a replica waits for.
///     enum Wait {
///         Heartbeat,
///         Election,
///     }
/// }
///
/// struct Replica {
///     elections: u64,
/// }
///
/// impl Machine for Replica {
///     type Message = ();
///     type View = u64;
///
///     fn step(&mut self, _now: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
///         match input {
///             Input::Start => effects.set_timer(Wait::Election, Duration::from_millis(300)),
///             Input::Message { .. } => effects.cancel_timer(Wait::Election),
///             Input::Timer(timer) => match Wait::of(timer) {
///                 Wait::Heartbeat => {}
///                 Wait::Election => self.elections += 1,
///             },
///             _ => {}
///         }
///     }
///
///     fn view(&self) -> &u64 {
///         &self.elections
///     }
/// }
/// # assert_eq!([Wait::Heartbeat, Wait::Election].map(cluster_sim_node::Timer::from), [cluster_sim_node::Timer(0), cluster_sim_node::Timer(1)]);
/// ```
#[macro_export]
macro_rules! timers {
    ($(#[$attribute:meta])* $visibility:vis enum $name:ident { $($(#[$inner:meta])* $timer:ident),+ $(,)? }) => {
        $(#[$attribute])*
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy, ::core::cmp::PartialEq, ::core::cmp::Eq)]
        $visibility enum $name {
            $($(#[$inner])* $timer),+
        }

        impl $name {
            /// Returns the timer of this enum that came due.
            ///
            /// # Panics
            /// If the machine set it by a number that stands for none of them.
            $visibility fn of(timer: $crate::Timer) -> Self {
                <Self as ::core::convert::TryFrom<$crate::Timer>>::try_from(timer)
                    .unwrap_or_else(|timer| ::core::panic!("{timer:?} is no timer of `{}`", ::core::stringify!($name)))
            }
        }

        // A machine that sets other timers too uses `try_from` alone.
        const _: fn($crate::Timer) -> $name = $name::of;

        impl ::core::convert::From<$name> for $crate::Timer {
            fn from(timer: $name) -> Self {
                Self(timer as u64)
            }
        }

        impl ::core::convert::TryFrom<$crate::Timer> for $name {
            type Error = $crate::Timer;

            fn try_from(timer: $crate::Timer) -> ::core::result::Result<Self, $crate::Timer> {
                match timer {
                    $(timer if timer.0 == $name::$timer as u64 => ::core::result::Result::Ok($name::$timer),)+
                    other => ::core::result::Result::Err(other),
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::Timer;

    timers! {
        pub(super) enum Wait {
            Heartbeat,
            /// With a doc of its own.
            Election,
        }
    }

    #[test]
    fn a_timer_of_an_enum_comes_back_as_itself() {
        for wait in [Wait::Heartbeat, Wait::Election] {
            assert_eq!(Wait::of(Timer::from(wait)), wait);
        }
        assert_eq!(Wait::try_from(Timer(2)), Err(Timer(2)));
    }

    #[test]
    #[should_panic(expected = "Timer(2) is no timer of `Wait`")]
    fn a_timer_of_no_enum_is_named() {
        Wait::of(Timer(2));
    }
}
