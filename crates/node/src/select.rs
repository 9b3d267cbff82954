//! The `select!` macro, whose random start is reproducible in a simulation.

/// Waits for the first of several futures whose output matches its pattern, and runs its body.
///
/// The syntax is that of `tokio::select!`: branches of the form `pattern = future => body`, with a comma after a body that is not
/// a block. The macro expands inside an `async` function or block and works in both twins.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim_node::{Node, Port, select};
///
/// async fn next(node: &Node, port: &Port<u64>, limit: Option<Duration>) -> Option<u64> {
///     let sleep = node.sleep(limit.unwrap_or_default());
///     select! {
///         received = port.recv() => Some(received.message),
///         () = sleep, if limit.is_some() => None,
///     }
/// }
/// ```
///
/// - **`, if condition`** after a future disables the branch if the condition is false. The future is created and dropped, but
///   never polled.
/// - **A refutable pattern** that does not match the output disables its branch; the other branches are still waited for.
/// - **`else => body`**, as the last branch, runs once every branch is disabled.
/// - **`biased;`**, as the first token, polls the branches in the order in which they are written. Without it polling starts at a
///   random branch and goes around. The start is chosen once for each `select!`, before its first poll, so an additional poll
///   shifts no other choice of the task. In a simulation the choice is addressed by the task and the number of its earlier
///   choices, as [`Node::random`](crate::Node::random) is; elsewhere the operating system's entropy decides.
///
/// Conditions are evaluated first; then all futures are created, in order. Futures need be neither `Unpin` nor `'static` and may
/// borrow local variables. Bodies run outside of the code that the macro generates, so `?`, `return`, `break`, `continue` and
/// `.await` in them have their usual meaning.
///
/// # Cancel safety
///
/// The futures of all other branches are dropped before the body runs. Each of them must therefore be cancel safe, or be passed
/// as `&mut future` to keep it beyond the `select!`. [`Port::recv`](crate::Port::recv), [`Session::recv`](crate::Session::recv),
/// [`Listener::accept`](crate::Listener::accept), [`Interval::tick`](crate::Interval::tick) and the channels' `recv` are cancel
/// safe.
///
/// # Differences from tokio
///
/// At most 16 branches, no attributes on branches, and `else` only as the last branch.
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

    // End of input: without and with an `else`.
    (@parse $start:tt; [$($read:tt)+]; [$($free:tt)*]; ) => {
        $crate::select!(@emit $start; [$($read)+]; [$($free)*]; ::core::panic!(
            "every branch of a `select!` is disabled, and it has no `else`"
        ))
    };
    (@parse $start:tt; [$($read:tt)+]; [$($free:tt)*]; else => $otherwise:expr $(,)?) => {
        $crate::select!(@emit $start; [$($read)+]; [$($free)*]; $otherwise)
    };

    // More than 16 branches: no free slot is left.
    (@parse $start:tt; [$($read:tt)+]; []; $($rest:tt)+) => {
        ::core::compile_error!("a `select!` has at most 16 branches; nest one in another")
    };

    // One branch: with or without a condition, with a block or another expression as its body.
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
        // An array of exactly as many elements as branches, so that its length counts them.
        let mut disabled = [$(!$condition),+];
        let branches = disabled.len();
        let start: ::core::primitive::usize = $crate::select!(@start $start branches);
        // The futures are created in a scrutinee, so that temporaries they borrow live as long as they do and are dropped with
        // them.
        let ended = match ($($future,)+) {
            ($($name,)+) => {
                $(let mut $name = ::core::pin::pin!(::core::future::IntoFuture::into_future($name));)+
                let ended: $crate::select_parts::Ended<$($crate::select!(@infer $variant),)+ $($crate::select!(@never $unused),)*> =
                    ::core::future::poll_fn(|context| {
                        let mut is_pending = false;
                        for turn in 0..branches {
                            match (start + turn) % branches {
                                $($number if !disabled[$number] => match ::core::future::Future::poll($name.as_mut(), context) {
                                    ::core::task::Poll::Pending => is_pending = true,
                                    ::core::task::Poll::Ready(mut value) => {
                                        // A future that is polled after it completed may panic.
                                        disabled[$number] = true;
                                        let mut fits = false;
                                        // The guard is always false, so the value is matched without being moved.
                                        match value {
                                            #[allow(unused_variables, unused_mut, unreachable_patterns, reason = "a pattern may bind, and may be irrefutable")]
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
            _ => ::core::unreachable!("a value is returned only if its pattern matches"),
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

/// Chooses the branch that a `select!` polls first.
///
/// An addressed roll decides in a simulation, the system's entropy elsewhere.
#[doc(hidden)]
pub fn select_start(branches: usize) -> usize {
    #[cfg(feature = "test-utils")]
    if let Some(start) = cluster_sim_runtime::select_start(branches as u32) {
        return start as usize;
    }
    system_random() as usize % branches
}

/// Returns a number that differs from call to call, which is enough for the fairness of a `select!`.
fn system_random() -> u64 {
    use std::hash::BuildHasher;
    #[expect(clippy::disallowed_types, reason = "used outside of simulations only; std has no other source of entropy")]
    let state = std::hash::RandomState::new();
    state.hash_one(0_u8)
}

/// Types that the macro's expansion names.
#[doc(hidden)]
pub mod select_parts {
    /// The branch whose future ended, with its output.
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
