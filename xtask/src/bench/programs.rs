//! The measuring programs: the benches of the product and the floor, and the peers.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::Message;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::Table;

use super::BenchError;
use super::cells::Cell;
use crate::command::Call;
use crate::environment::Environment;

/// The packages that the check builds in release mode: one selection, so that cargo builds their dependencies with the same features.
pub const OPTIMIZED: &str = "-p cluster-sim-cli -p cluster-sim-suites";

/// The workspace of the peers, from the root of this one.
const PEERS: &str = "benches/peers";

/// A measuring program, and the kind of its nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// The workloads as plain Rust, without the product.
    Floor(Kind),
    /// The workloads on the whole product.
    Product(Kind),
    /// The workloads on another simulator.
    Peer(Peer),
}

/// The measured versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// The compiler.
    pub rustc: String,
    /// The commit of the product, without uncommitted changes.
    pub commit: String,
    /// The peers.
    pub peers: BTreeMap<String, String>,
}

/// The allocations of the product in one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Footprint {
    /// The name of the cell.
    pub cell: String,
    /// The kind of the nodes.
    pub kind: String,
    /// Allocations per event, in the second half of a run.
    pub allocations_per_event: f64,
    /// Allocations per simulation, from its start to its drop.
    pub allocations_per_run: f64,
    /// Peak memory.
    pub peak_bytes: u64,
}

/// How the nodes of a workload are written.
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
    /// tokio with its paused clock and a minimal network.
    Tokio,
    /// madsim.
    Madsim,
    /// turmoil.
    Turmoil,
}

impl Kind {
    /// The name on the command line of the benches.
    pub fn name(self) -> &'static str {
        match self {
            Self::Machines => "machines",
            Self::Async => "async",
        }
    }
}

impl Peer {
    /// The name of its package.
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

    /// The name of its cargo target.
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

/// The measurement of one call of a program.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Figure {
    /// The number of simulations.
    pub runs: u32,
    /// Delivered messages and fired timers.
    pub events: u64,
    /// The virtual time of each simulation.
    pub virtual_seconds: f64,
    /// The digest of the events.
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

/// The built programs, by the name of their cargo target.
#[derive(Debug)]
pub struct Programs {
    places: BTreeMap<String, PathBuf>,
    peers: bool,
}

impl Programs {
    /// Builds the benches, and the peers if `peers` is set.
    ///
    /// # Errors
    ///
    /// A program could not be built.
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
        let bench = Call::cargo(&format!("bench {OPTIMIZED} --bench product --no-run"));
        Ok(Self { places: built(&bench, &environment.cargo, &environment.root)?, peers: false })
    }

    /// A call of the product's bench; splits `arguments` at spaces.
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

    /// Runs a program to measure a cell once.
    ///
    /// # Errors
    ///
    /// Its digest differs from the committed one, or it printed no measurement.
    pub fn measure(&self, program: Program, cell: Cell, environment: &Environment) -> Result<Figure, BenchError> {
        let kind = match program {
            Program::Floor(kind) | Program::Product(kind) => format!("--kind {}", kind.name()),
            // A peer runs so long that a warm-up round makes no difference.
            Program::Peer(_) => "--cold".to_owned(),
        };
        let call = self.call(&program.target(), &format!("--cell {} {kind} --rounds 1 --json", cell.name()))?;
        let [figure] = read::<[Figure; 1]>(&call, environment)?;
        Ok(figure)
    }

    /// Counts the allocations of the product in these cells.
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

/// Runs a build with cargo; returns the paths of its executables by target name.
fn built(call: &Call, cargo: &Path, root: &Path) -> Result<BTreeMap<String, PathBuf>, BenchError> {
    let printed = call.clone().with_argument(Path::new("--message-format=json-render-diagnostics")).read(cargo, root)?;
    // Messages that this version of cargo_metadata cannot parse name no executable.
    let messages = Message::parse_stream(printed.as_slice()).filter_map(Result::ok);
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

/// The versions of the compiler, the commit and the peers; those of the peers come from their lockfile.
///
/// A compiler or commit that cannot be determined is `unknown`.
///
/// # Errors
///
/// The lockfile cannot be read or lacks a peer.
pub fn versions(environment: &Environment) -> Result<Versions, BenchError> {
    let Environment { root, cargo, .. } = environment;
    let output = |program: &str, arguments: &str| {
        let stdout = Call::other(Path::new(program), arguments).probe(cargo, root);
        stdout.map_or_else(|| "unknown".to_owned(), |stdout| String::from_utf8_lossy(&stdout).trim().to_owned())
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
    Ok(Versions { rustc: output("rustc", "--version"), commit: output("git", "rev-parse --short=12 HEAD"), peers })
}
