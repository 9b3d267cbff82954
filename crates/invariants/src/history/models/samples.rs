//! The operations and answers of which tests make random histories.

use super::{
    AppendList, AppendListAnswer, AppendListOp, Bank, BankAnswer, BankOp, Counter, CounterAnswer, CounterOp, Keyed, Lease,
    LeaseAnswer, LeaseOp, Mutex, MutexAnswer, MutexOp, Queue, QueueAnswer, QueueOp, Register, RegisterAnswer, RegisterOp, Set,
    SetAnswer, SetOp, Stack, StackAnswer, StackOp,
};
use crate::history::oracle::Sample;

impl Sample for Register<u8> {
    fn ops() -> Vec<RegisterOp<u8>> {
        use RegisterOp::{CompareAndSet, Read, Write};
        vec![Read, Read, Read, Write(0), Write(1), Write(2), CompareAndSet(0, 1), CompareAndSet(1, 2), CompareAndSet(2, 2)]
    }

    fn answers(op: &RegisterOp<u8>) -> Vec<RegisterAnswer<u8>> {
        match op {
            RegisterOp::Read => [None, Some(0), Some(1), Some(2)].map(RegisterAnswer::Value).to_vec(),
            RegisterOp::Write(_) => vec![RegisterAnswer::Written],
            RegisterOp::CompareAndSet(..) => vec![RegisterAnswer::Written, RegisterAnswer::Mismatch],
        }
    }
}

impl Sample for Keyed<bool, Register<u8>> {
    fn ops() -> Vec<(bool, RegisterOp<u8>)> {
        let both = |op| [(false, op), (true, op)];
        Register::ops().into_iter().filter(|op| !matches!(op, RegisterOp::CompareAndSet(..))).flat_map(both).collect()
    }

    fn answers((_, op): &(bool, RegisterOp<u8>)) -> Vec<RegisterAnswer<u8>> {
        Register::answers(op)
    }
}

impl Sample for Counter {
    fn ops() -> Vec<CounterOp> {
        use CounterOp::{Add, AddAndRead, Read};
        vec![Read, Read, Add(1), Add(2), Add(-1), AddAndRead(1), AddAndRead(2)]
    }

    fn answers(op: &CounterOp) -> Vec<CounterAnswer> {
        match op {
            CounterOp::Add(_) => vec![CounterAnswer::Done],
            CounterOp::Read | CounterOp::AddAndRead(_) => (-2..8).map(CounterAnswer::Value).collect(),
        }
    }
}

impl Sample for Set<u8> {
    fn ops() -> Vec<SetOp<u8>> {
        use SetOp::{Add, Contains, Read, Remove};
        vec![Add(0), Add(1), Remove(0), Remove(1), Contains(0), Contains(1), Read, Read]
    }

    fn answers(op: &SetOp<u8>) -> Vec<SetAnswer<u8>> {
        match op {
            SetOp::Add(_) | SetOp::Remove(_) => vec![SetAnswer::Done],
            SetOp::Contains(_) => [false, true].map(SetAnswer::Contains).to_vec(),
            SetOp::Read => [vec![], vec![0], vec![1], vec![1, 0], vec![0, 0]].map(SetAnswer::Elements).to_vec(),
        }
    }
}

impl Sample for Queue<u8> {
    fn ops() -> Vec<QueueOp<u8>> {
        use QueueOp::{Dequeue, Enqueue};
        vec![Enqueue(0), Enqueue(1), Enqueue(2), Dequeue, Dequeue, Dequeue]
    }

    fn answers(op: &QueueOp<u8>) -> Vec<QueueAnswer<u8>> {
        match op {
            QueueOp::Enqueue(_) => vec![QueueAnswer::Done],
            QueueOp::Dequeue => [None, Some(0), Some(1), Some(2)].map(QueueAnswer::Value).to_vec(),
        }
    }
}

impl Sample for Stack<u8> {
    fn ops() -> Vec<StackOp<u8>> {
        use StackOp::{Pop, Push};
        vec![Push(0), Push(1), Push(2), Pop, Pop, Pop]
    }

    fn answers(op: &StackOp<u8>) -> Vec<StackAnswer<u8>> {
        match op {
            StackOp::Push(_) => vec![StackAnswer::Done],
            StackOp::Pop => [None, Some(0), Some(1), Some(2)].map(StackAnswer::Value).to_vec(),
        }
    }
}

impl Sample for Mutex<u8> {
    fn ops() -> Vec<MutexOp<u8>> {
        use MutexOp::{Acquire, Release};
        vec![Acquire(0), Acquire(1), Release(0), Release(1)]
    }

    fn answers(_: &MutexOp<u8>) -> Vec<MutexAnswer> {
        vec![MutexAnswer::Done, MutexAnswer::Refused]
    }
}

impl Sample for Lease {
    fn ops() -> Vec<LeaseOp> {
        use LeaseOp::{Acquire, Release, Renew, Use};
        vec![Acquire, Acquire, Acquire, Renew(1), Renew(2), Release(1), Release(2), Use(Some(1)), Use(Some(2)), Use(None)]
    }

    fn answers(op: &LeaseOp) -> Vec<LeaseAnswer> {
        match op {
            LeaseOp::Acquire => vec![1, 2, 3].into_iter().map(LeaseAnswer::Granted).chain([LeaseAnswer::Refused]).collect(),
            LeaseOp::Renew(_) | LeaseOp::Release(_) | LeaseOp::Use(_) => vec![LeaseAnswer::Done, LeaseAnswer::Refused],
        }
    }
}

impl Sample for AppendList<u8> {
    fn ops() -> Vec<AppendListOp<u8>> {
        use AppendListOp::{Append, Read};
        vec![Append(0), Append(1), Append(2), Read, Read]
    }

    fn answers(op: &AppendListOp<u8>) -> Vec<AppendListAnswer<u8>> {
        match op {
            AppendListOp::Append(_) => [AppendListAnswer::Done].into_iter().chain((0..6).map(AppendListAnswer::At)).collect(),
            AppendListOp::Read => {
                let digits = |number: usize, length| (0..length).map(|place| (number / 3_usize.pow(place) % 3) as u8).collect();
                let lists =
                    |length: u32| (0..3_usize.pow(length)).map(move |number| AppendListAnswer::Values(digits(number, length)));
                (0..5).flat_map(lists).collect()
            }
        }
    }
}

impl Sample for Bank<u8> {
    fn ops() -> Vec<BankOp<u8>> {
        let transfer = |from, to, amount| BankOp::Transfer { from, to, amount };
        vec![BankOp::Read, BankOp::Read, transfer(0, 1, 1), transfer(0, 1, 2), transfer(1, 0, 1), transfer(1, 0, 2)]
    }

    fn answers(op: &BankOp<u8>) -> Vec<BankAnswer<u8>> {
        match op {
            BankOp::Transfer { .. } => vec![BankAnswer::Done, BankAnswer::Refused],
            BankOp::Read => (0..4).map(|first| BankAnswer::Balances([(0, first), (1, 3 - first)].into())).collect(),
        }
    }
}
