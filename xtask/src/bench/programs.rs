//! What measures: the benches of the product and the floor, and the peers.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::Message;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Table;

use super::BenchError;
use super::cells::Cell;
use super::results::{Footprint, Versions};
use crate::check::Environment;
use crate::command::Call;

/// The peers' workspace, from the root of ours.
const PEERS: &str = "benches/peers";

/// A program that measures, and what it is asked to write nodes as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// The workloads by hand.
    Floor(Kind),
    /// The workloads through the whole product.
    Product(Kind),
    /// The workloads on another simulator.
    Peer(Peer),
}

/// What nodes are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// State machines.
    Machines,
    /// Async functions.
    Async,
}

/// Another simulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// tokio's paused clock, with a network by hand.
    Tokio,
    /// madsim.
    Madsim,
    /// turmoil.
    Turmoil,
}

impl Kind {
    /// Its name, as the benches take it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Machines => "machines",
            Self::Async => "async",
        }
    }
}

impl Peer {
    /// Its name, as its package and its program bear it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tokio => "tokio",
            Self::Madsim => "madsim",
            Self::Turmoil => "turmoil",
        }
    }
}

impl Program {
    /// All programs, in the order in which they measure.
    pub const ALL: [Self; 7] = [
        Self::Floor(Kind::Machines),
        Self::Product(Kind::Machines),
        Self::Floor(Kind::Async),
        Self::Product(Kind::Async),
        Self::Peer(Peer::Tokio),
        Self::Peer(Peer::Madsim),
        Self::Peer(Peer::Turmoil),
    ];

    /// The name of what cargo builds.
    fn target(self) -> String {
        match self {
            Self::Floor(_) => "floor".to_owned(),
            Self::Product(_) => "product".to_owned(),
            Self::Peer(peer) => format!("peer-{}", peer.name()),
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Floor(kind) => format!("floor-{}", kind.name()),
            Self::Product(kind) => format!("product-{}", kind.name()),
            Self::Peer(peer) => peer.name().to_owned(),
        };
        formatter.pad(&name)
    }
}

/// What one call of a program measured.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Figure {
    /// Simulations, from their start to their drop.
    pub runs: u32,
    /// Delivered messages and fired timers.
    pub events: u64,
    /// How much virtual time each simulation took.
    pub virtual_seconds: f64,
    /// The hash of what happened.
    pub digest: String,
    /// Processor time of each round.
    pub nanoseconds: Vec<u64>,
}

impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: u64 = self.nanoseconds.iter().sum();
        let (each, seconds) = (all as f64 / self.events as f64, all as f64 / 1e9);
        write!(formatter, "{each:>12.1} ns/event, {seconds:.2} s")
    }
}

/// The programs that were built, by the name of what cargo builds.
#[derive(Debug)]
pub struct Programs {
    places: BTreeMap<String, PathBuf>,
    peers: bool,
}

impl Programs {
    /// Builds what measures; the peers only if they are wanted.
    ///
    /// # Errors
    ///
    /// Something could not be built.
    pub fn build(peers: bool, environment: &Environment) -> Result<Self, BenchError> {
        let Environment { root, cargo, .. } = environment;
        eprintln!("building the benches");
        let benches = Call::cargo("bench -p cluster-sim-suites --bench product --bench floor --bench memory --no-run");
        let mut places = built(&benches, cargo, root)?;
        if peers {
            eprintln!("building the peers");
            places.extend(built(&Call::cargo("build --release --locked"), cargo, &root.join(PEERS))?);
        }
        Ok(Self { places, peers })
    }

    /// Builds the product's bench alone.
    ///
    /// # Errors
    ///
    /// It could not be built.
    pub fn build_product(environment: &Environment) -> Result<Self, BenchError> {
        let bench = Call::cargo("bench -p cluster-sim-suites --bench product --no-run");
        Ok(Self { places: built(&bench, &environment.cargo, &environment.root)?, peers: false })
    }

    /// A call of the product's bench with these arguments, parted at spaces.
    ///
    /// # Errors
    ///
    /// It was not built.
    pub fn product(&self, arguments: &str) -> Result<Call, BenchError> {
        self.call("product", arguments)
    }

    /// The programs that measure a cell.
    pub fn for_cell(&self, cell: Cell) -> impl Iterator<Item = Program> {
        let peers = self.peers;
        Program::ALL.into_iter().filter(move |program| match program {
            Program::Product(_) => true,
            Program::Floor(_) => cell.is_shared,
            Program::Peer(_) => cell.is_shared && peers,
        })
    }

    /// Has a program measure a cell once.
    ///
    /// # Errors
    ///
    /// It did something else than what is committed, or printed no measurement.
    pub fn measure(&self, program: Program, cell: Cell, environment: &Environment) -> Result<Figure, BenchError> {
        let kind = match program {
            Program::Floor(kind) | Program::Product(kind) => format!("--kind {}", kind.name()),
            // What a peer does takes so long that a first round to warm up tells nothing.
            Program::Peer(_) => "--cold".to_owned(),
        };
        let call = self.call(&program.target(), &format!("--cell {} {kind} --rounds 1 --json", cell.name()))?;
        let [figure] = read::<[Figure; 1]>(&call, environment)?;
        Ok(figure)
    }

    /// Counts what the product allocates in these cells.
    ///
    /// # Errors
    ///
    /// The program failed, or printed no counts.
    pub fn count(&self, cells: &[Cell], environment: &Environment) -> Result<Vec<Footprint>, BenchError> {
        let cells: String = cells.iter().map(|cell| format!("--cell {} ", cell.name())).collect();
        let mut footprints = Vec::new();
        for kind in [Kind::Machines, Kind::Async] {
            eprintln!("counting allocations of {}", kind.name());
            let call = self.call("memory", &format!("{cells} --kind {} --json", kind.name()))?;
            footprints.extend(read::<Vec<Footprint>>(&call, environment)?);
        }
        Ok(footprints)
    }

    fn call(&self, target: &str, arguments: &str) -> Result<Call, BenchError> {
        let package = if target.starts_with("peer-") { "cluster-sim-peers" } else { "cluster-sim-suites" };
        let place = self.places.get(target).ok_or_else(|| BenchError::NotBuilt { program: target.to_owned(), package })?;
        Ok(Call::other(place, arguments))
    }
}

/// Runs a call of cargo that builds; answers with where it put what can be run.
fn built(call: &Call, cargo: &Path, root: &Path) -> Result<BTreeMap<String, PathBuf>, BenchError> {
    let said = call.clone().and(Path::new("--message-format=json-render-diagnostics")).read(cargo, root)?;
    // What cargo says besides of other kinds, or in words to come, names no program.
    let messages = Message::parse_stream(said.as_slice()).filter_map(Result::ok);
    let places = messages.filter_map(|message| match message {
        Message::CompilerArtifact(artifact) => Some((artifact.target.name, artifact.executable?.into_std_path_buf())),
        _ => None,
    });
    Ok(places.collect())
}

fn read<T: DeserializeOwned>(call: &Call, environment: &Environment) -> Result<T, BenchError> {
    let printed = call.read(&environment.cargo, &environment.root)?;
    serde_json::from_slice(&printed).map_err(|source| BenchError::Unreadable { call: call.to_string(), source })
}

/// What is measured: the compiler, the commit, and the peers by the lockfile of theirs.
///
/// # Errors
///
/// The lockfile cannot be read or lacks a peer. A compiler or a commit that cannot be asked is unknown.
pub fn versions(environment: &Environment) -> Result<Versions, BenchError> {
    let Environment { root, cargo, .. } = environment;
    let said = |program: &str, arguments: &str| {
        let said = Call::other(Path::new(program), arguments).probe(cargo, root);
        said.map_or_else(|| "unknown".to_owned(), |said| String::from_utf8_lossy(&said).trim().to_owned())
    };
    let path = root.join(PEERS).join("Cargo.lock");
    let lock = fs::read_to_string(&path).map_err(|source| BenchError::File { path: path.clone(), source })?;
    let lock: Table = lock.parse().unwrap_or_default();
    let packages = lock.get("package").and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let version = |peer: Peer| {
        let text = |package: &toml::Value, key: &str| package.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        let package = packages.iter().find(|package| text(package, "name").as_deref() == Some(peer.name()));
        let version = package.and_then(|package| text(package, "version"));
        version
            .map(|version| (peer.name().to_owned(), version))
            .ok_or(BenchError::NoVersion { path: path.clone(), package: peer.name() })
    };
    let peers = [Peer::Tokio, Peer::Madsim, Peer::Turmoil].into_iter().map(version).collect::<Result<_, _>>()?;
    Ok(Versions { rustc: said("rustc", "--version"), commit: said("git", "rev-parse --short=12 HEAD"), peers })
}
