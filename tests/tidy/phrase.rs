//! Text as words, and phrases found in them.

use std::iter::Peekable;
use std::ops::Range;
use std::str::Chars;

/// A word in lower case with its line, or the end of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// `None` at the end of a sentence, of a paragraph, of a table's cell.
    text: Option<String>,
    pub(crate) line: usize,
}

/// Splits text into words; identifiers fall apart into theirs, so `a_cut_link` and `CutLink` are words too.
pub(crate) fn words(text: &str, first_line: usize) -> Vec<Word> {
    let mut splitter = Splitter { found: Vec::new(), word: String::new(), line: first_line };
    let mut signs = text.chars().peekable();
    let (mut before, mut is_indent) = (' ', false);
    while let Some(sign) = signs.next() {
        if sign.is_alphanumeric() {
            if sign.is_uppercase() && before.is_lowercase() {
                splitter.end_word();
            }
            splitter.word.extend(sign.to_lowercase());
        } else {
            splitter.end_word();
            if ends_sentence(sign, is_indent, &mut signs) {
                splitter.found.push(Word { text: None, line: splitter.line });
            }
            splitter.line += usize::from(sign == '\n');
        }
        is_indent = sign == '\n' || is_indent && sign == ' ';
        before = sign;
    }
    splitter.end_word();
    splitter.found
}

struct Splitter {
    found: Vec<Word>,
    word: String,
    line: usize,
}

impl Splitter {
    fn end_word(&mut self) {
        if !self.word.is_empty() {
            self.found.push(Word { text: Some(std::mem::take(&mut self.word)), line: self.line });
        }
    }
}

/// Takes the sign that an escape stands for from `signs`, too, so that the `n` of `\n` begins no word.
fn ends_sentence(sign: char, is_indent: bool, signs: &mut Peekable<Chars<'_>>) -> bool {
    match sign {
        '!' | '?' | ';' | '|' => true,
        '.' => signs.peek().is_none_or(|next| next.is_whitespace()),
        '\n' => signs.peek() == Some(&'\n'),
        '-' | '*' | '#' => is_indent,
        '\\' => matches!(signs.next_if(|next| matches!(next, 'n' | 't' | 'r')), Some('n')),
        _ => false,
    }
}

/// Words that follow each other in one sentence: `stay/stays up` is two phrases at once, `go … home` has one to five words
/// between its two. A bar in a pattern is left out, so that a table of banned phrases holds none of them.
#[derive(Debug)]
pub(crate) struct Phrase(Vec<Step>);

#[derive(Debug)]
enum Step {
    OneOf(Vec<String>),
    Gap,
}

/// How many words a gap takes at most.
const GAP_MAX: usize = 5;

impl Phrase {
    pub(crate) fn new(pattern: &str) -> Self {
        let step = |step: &str| match step {
            "…" => Step::Gap,
            words => Step::OneOf(words.split('/').map(str::to_lowercase).collect()),
        };
        Self(pattern.replace('|', "").split_whitespace().map(step).collect())
    }

    /// The words of every place where the phrase stands, by the index of the first.
    pub(crate) fn places(&self, words: &[Word]) -> Vec<Range<usize>> {
        let place = |start: usize| length(&self.0, &words[start..]).map(|length| start..start + length);
        (0..words.len()).filter_map(place).collect()
    }

    /// Whether these words begin with the phrase.
    pub(crate) fn begins(&self, words: &[Word]) -> bool {
        length(&self.0, words).is_some()
    }
}

/// How many words the steps take from the first of these on; `None` if they do not lead through them.
fn length(steps: &[Step], words: &[Word]) -> Option<usize> {
    let [step, rest @ ..] = steps else { return Some(0) };
    let word = words.first()?.text.as_ref()?;
    match step {
        Step::OneOf(wanted) => wanted.contains(word).then(|| length(rest, &words[1..])).flatten().map(|length| length + 1),
        Step::Gap => {
            let sentence = words.iter().take(GAP_MAX).take_while(|word| word.text.is_some()).count();
            (1..=sentence).find_map(|gap| length(rest, &words[gap..]).map(|length| gap + length))
        }
    }
}

/// The words as one text.
pub(crate) fn joined(words: &[Word]) -> String {
    words.iter().filter_map(|word| word.text.as_deref()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
fn lines(pattern: &str, text: &str, first_line: usize) -> Vec<usize> {
    let words = words(text, first_line);
    Phrase::new(pattern).places(&words).into_iter().map(|place| words[place.start].line).collect()
}

#[test]
fn a_phrase_is_found_across_lines_and_in_identifiers() {
    let lines = |text| lines("stay/stays up", text, 3);
    assert_eq!(lines("It stays\n up. Stay up!"), [3, 4]);
    assert_eq!(lines("fn a_node_stays_up() {}\nstruct StayUp;"), [3, 4]);
    assert_eq!(lines("one\\nstays\\\"up"), [3]);
}

#[test]
fn a_phrase_ends_with_its_sentence() {
    for text in
        ["It stays. Up it goes.", "stays\n\nup", "| stays | up |", "stays\n- up", "stays\\nup", "stays; up", "stays upright"]
    {
        assert_eq!(lines("stays up", text, 1), [0usize; 0], "{text}");
    }
}

#[test]
fn a_gap_is_one_to_five_words_of_a_sentence() {
    let lines = |text| lines("go … home", text, 1);
    assert_eq!(lines("go straight home"), [1]);
    assert_eq!(lines("go one two three four\nfive home"), [1]);
    assert_eq!(lines("go home"), [0usize; 0]);
    assert_eq!(lines("go one two three four five six home"), [0usize; 0]);
    assert_eq!(lines("go out. Stay at home"), [0usize; 0]);
}
