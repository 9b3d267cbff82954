//! `select!`: waits for the first of several futures, and forgets the others.

/// Waits for the first of several futures to end with a value that its pattern fits, drops the others, and runs that one's body.
///
/// The syntax is that of tokio's: `pattern = future => body`, with a comma after a body that is no block.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim_node::{Node, Port, select};
///
/// async fn next(node: &Node, port: &Port<u64>, limit: Option<Duration>) -> Option<u64> {
///     let sleep = node.sleep(limit.unwrap_or_default());
///     select! {
///         received = port.receive() => Some(received.message),
///         () = sleep, if limit.is_some() => None,
///     }
/// }
/// ```
///
/// - **`if condition`** after a future: where it is false the branch is disabled. The future is made all the same, and never polled.
/// - **A pattern that may not fit**: a future that ends with another value disables its branch, and the others are waited for.
/// - **`else => body`** comes last and runs once every branch is disabled. Without it that is a panic.
/// - **`biased;`** comes first, and has the branches looked at in the order in which they stand. Otherwise that begins at one of them by chance,
///   and goes round; chance is asked once for each `select!`, before its first poll. In a simulation it is addressed by the task and how many
///   choices it made before, as [`Node::random`](crate::Node::random) is.
///
/// Conditions are evaluated first, then the futures are made, all in order. Futures need be neither `Unpin` nor `'static` and may borrow what
/// is around them; pass `&mut future` to keep one beyond the `select!`. The futures that lost are dropped before the body runs. Bodies stand
/// outside of everything the macro makes, so `?`, `return`, `break`, `continue` and `.await` in them mean what they mean around it.
///
/// # What is not here
///
/// More than 16 branches, attributes on branches, and an `else` before the last place.
///
/// # Panics
/// If every branch is disabled and there is no `else`.
#[macro_export]
macro_rules! select {
    (biased; $($branches:tt)+) => {
        $crate::select!(@parse 0; []; [
            (A a 0) (B b 1) (C c 2) (D d 3) (E e 4) (F f 5) (G g 6) (H h 7)
            (I i 8) (J j 9) (K k 10) (L l 11) (M m 12) (N n 13) (O o 14) (P p 15)
        ]; $($branches)+)
    };

    // All branches are read: without and with an `else`.
    (@parse $start:tt; [$($read:tt)+]; [$($free:tt)*]; ) => {
        $crate::select!(@emit $start; [$($read)+]; [$($free)*]; ::core::panic!(
            "every branch of a `select!` is disabled, and it has no `else`"
        ))
    };
    (@parse $start:tt; [$($read:tt)+]; [$($free:tt)*]; else => $otherwise:expr $(,)?) => {
        $crate::select!(@emit $start; [$($read)+]; [$($free)*]; $otherwise)
    };

    // A seventeenth branch.
    (@parse $start:tt; [$($read:tt)+]; []; $($rest:tt)+) => {
        ::core::compile_error!("a `select!` has at most 16 branches; nest one in another")
    };

    // One branch: with and without a condition, with a block or another expression for a body.
    (@parse $start:tt; [$($read:tt)*]; [$place:tt $($free:tt)*];
        $pattern:pat = $future:expr, if $condition:expr => $body:block, $($rest:tt)*) => {
        $crate::select!(@parse $start; [$($read)* ($place $pattern, $future, $condition, $body)]; [$($free)*]; $($rest)*)
    };
    (@parse $start:tt; [$($read:tt)*]; [$place:tt $($free:tt)*];
        $pattern:pat = $future:expr => $body:block, $($rest:tt)*) => {
        $crate::select!(@parse $start; [$($read)* ($place $pattern, $future, true, $body)]; [$($free)*]; $($rest)*)
    };
    (@parse $start:tt; [$($read:tt)*]; [$place:tt $($free:tt)*];
        $pattern:pat = $future:expr, if $condition:expr => $body:block $($rest:tt)*) => {
        $crate::select!(@parse $start; [$($read)* ($place $pattern, $future, $condition, $body)]; [$($free)*]; $($rest)*)
    };
    (@parse $start:tt; [$($read:tt)*]; [$place:tt $($free:tt)*];
        $pattern:pat = $future:expr => $body:block $($rest:tt)*) => {
        $crate::select!(@parse $start; [$($read)* ($place $pattern, $future, true, $body)]; [$($free)*]; $($rest)*)
    };
    (@parse $start:tt; [$($read:tt)*]; [$place:tt $($free:tt)*];
        $pattern:pat = $future:expr, if $condition:expr => $body:expr) => {
        $crate::select!(@parse $start; [$($read)* ($place $pattern, $future, $condition, $body)]; [$($free)*]; )
    };
    (@parse $start:tt; [$($read:tt)*]; [$place:tt $($free:tt)*];
        $pattern:pat = $future:expr => $body:expr) => {
        $crate::select!(@parse $start; [$($read)* ($place $pattern, $future, true, $body)]; [$($free)*]; )
    };
    (@parse $start:tt; [$($read:tt)*]; [$place:tt $($free:tt)*];
        $pattern:pat = $future:expr, if $condition:expr => $body:expr, $($rest:tt)*) => {
        $crate::select!(@parse $start; [$($read)* ($place $pattern, $future, $condition, $body)]; [$($free)*]; $($rest)*)
    };
    (@parse $start:tt; [$($read:tt)*]; [$place:tt $($free:tt)*];
        $pattern:pat = $future:expr => $body:expr, $($rest:tt)*) => {
        $crate::select!(@parse $start; [$($read)* ($place $pattern, $future, true, $body)]; [$($free)*]; $($rest)*)
    };

    (@emit $start:tt;
        [$((($variant:ident $name:ident $number:tt) $pattern:pat, $future:expr, $condition:expr, $body:expr))+];
        [$(($unused:ident $($place:tt)*))*]; $otherwise:expr) => {{
        // In an array of as many, so that what is not there cannot be counted.
        let mut disabled = [$(!$condition),+];
        let branches = disabled.len();
        let start: usize = $crate::select!(@start $start branches);
        // A scrutinee, so that what the futures borrow from temporaries lives as long as they do, and no longer than the losers.
        let ended = match ($($future,)+) {
            ($($name,)+) => {
                $(let mut $name = ::core::pin::pin!(::core::future::IntoFuture::into_future($name));)+
                let ended: $crate::select_parts::Ended<$($crate::select!(@infer $variant),)+ $($crate::select!(@never $unused),)*> =
                    ::core::future::poll_fn(|context| {
                        let mut is_pending = false;
                        for turn in 0..branches {
                            match (start + turn) % branches {
                                $($number if !disabled[$number] => match $name.as_mut().poll(context) {
                                    ::core::task::Poll::Pending => is_pending = true,
                                    ::core::task::Poll::Ready(mut value) => {
                                        // Polled once more it might panic.
                                        disabled[$number] = true;
                                        let mut fits = false;
                                        // The guard refuses, so that the value is looked at and stays where it is.
                                        match value {
                                            #[allow(unused_variables, unused_mut, unreachable_patterns, reason = "a pattern may bind, and may be one that fits everything")]
                                            $pattern if { fits = true; false } => ::core::unreachable!(),
                                            _ => {}
                                        }
                                        if fits {
                                            return ::core::task::Poll::Ready($crate::select_parts::Ended::$variant(value));
                                        }
                                    }
                                },)+
                                _ => {}
                            }
                        }
                        if is_pending {
                            ::core::task::Poll::Pending
                        } else {
                            ::core::task::Poll::Ready($crate::select_parts::Ended::None)
                        }
                    })
                    .await;
                ended
            }
        };
        match ended {
            $($crate::select_parts::Ended::$variant($pattern) => $body,)+
            $crate::select_parts::Ended::None => $otherwise,
            _ => ::core::unreachable!("a value is handed out only where its pattern fits"),
        }
    }};

    (@start chance $branches:ident) => { $crate::select_start($branches) };
    (@start $start:tt $branches:ident) => { $start };
    (@infer $variant:ident) => { _ };
    (@never $unused:ident) => { ::core::convert::Infallible };

    (@ $($unread:tt)*) => {
        ::core::compile_error!("a branch of a `select!` is `pattern = future => body`, or `pattern = future, if condition => body`")
    };

    ($($branches:tt)+) => {
        $crate::select!(@parse chance; []; [
            (A a 0) (B b 1) (C c 2) (D d 3) (E e 4) (F f 5) (G g 6) (H h 7)
            (I i 8) (J j 9) (K k 10) (L l 11) (M m 12) (N n 13) (O o 14) (P p 15)
        ]; $($branches)+)
    };
}

/// At which of so many branches a `select!` begins to look: by addressed chance in a simulation, and by chance of the machine's elsewhere.
#[doc(hidden)]
pub fn select_start(branches: usize) -> usize {
    #[cfg(feature = "test-utils")]
    if let Some(start) = cluster_sim_runtime::select_start(branches as u32) {
        return start as usize;
    }
    chance_of_the_machine() as usize % branches
}

/// A number that is another one at every call: fairness of a `select!` outside of simulations needs no better one.
fn chance_of_the_machine() -> u64 {
    use std::hash::BuildHasher;
    #[expect(clippy::disallowed_types, reason = "outside of simulations; std has no other source of entropy")]
    let state = std::hash::RandomState::new();
    state.hash_one(0_u8)
}

/// What the macro is made of.
#[doc(hidden)]
pub mod select_parts {
    /// Which future of a `select!` ended, with its value.
    pub enum Ended<A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P> {
        A(A),
        B(B),
        C(C),
        D(D),
        E(E),
        F(F),
        G(G),
        H(H),
        I(I),
        J(J),
        K(K),
        L(L),
        M(M),
        N(N),
        O(O),
        P(P),
        /// Every branch is disabled.
        None,
    }
}
