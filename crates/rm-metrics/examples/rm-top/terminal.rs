//! The terminal: keys in, pictures out, and everything as it was at the end.

use std::{
    error::Error,
    io::{self, Read, Write},
    sync::mpsc::{Receiver, TryRecvError, sync_channel},
    thread,
    time::Duration,
};

use ratatui::{
    Terminal,
    backend::TestBackend,
    crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers},
};
use rm_alloc_core::Bytes;
use rm_metrics::{LiveFrame, LiveHello, LiveReader, MetricsError};

use super::{
    screen,
    view::{Action, View},
};

/// Between two looks at the keyboard.
const TICK: Duration = Duration::from_millis(50);

/// Frames between the socket and the screen; beyond that the program drops them.
const BACKLOG: usize = 64;

type News = Result<(Option<LiveHello>, LiveFrame), MetricsError>;

/// The picture of `view` without its colours.
pub(crate) fn text(view: &View, width: u16, height: u16) -> String {
    // Drawing into memory does not fail.
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(_) = terminal.draw(|frame| screen::draw(frame, view));
    let buffer = terminal.backend().buffer();
    let rows = buffer.content.chunks(usize::from(width.max(1)));
    let row = |cells: &[ratatui::buffer::Cell]| {
        let row: String = cells.iter().map(|cell| cell.symbol()).collect();
        row.trim_end().to_owned() + "\n"
    };
    rows.map(row).collect()
}

/// Shows frames until a key or the program ends it.
pub(crate) fn watch<R: Read + Send + 'static>(reader: LiveReader<R>) -> Result<(), Box<dyn Error>> {
    let news = listen(reader);
    let mut view = View::default();
    // Also restores the terminal when something panics.
    let mut terminal = ratatui::try_init()?;
    let ended = show(&mut terminal, &mut view, &news);
    // It shows the cursor again.
    drop(terminal);
    ratatui::try_restore()?;
    if let (true, Some(last)) = (ended?, view.newest()) {
        let (frame, peak) = (last.frame.frame, Bytes(last.frame.peak_bytes));
        // Whoever listens at a socket may call itself anything.
        let program = view.program.escape_debug();
        writeln!(io::stdout(), "{program} has ended after frame {frame}, peak {peak}")?;
    }
    Ok(())
}

/// Answers whether it was the program that ended.
fn show(
    terminal: &mut ratatui::DefaultTerminal,
    view: &mut View,
    news: &Receiver<News>,
) -> Result<bool, Box<dyn Error>> {
    loop {
        let goes_on = take(view, news)?;
        terminal.draw(|frame| screen::draw(frame, view))?;
        if !goes_on {
            return Ok(true);
        }
        if event::poll(TICK)? {
            let action = match event::read()? {
                Event::Key(key) => action(key),
                // A new size is drawn with the next frame, as everything else.
                _ => None,
            };
            if action == Some(Action::Quit) {
                return Ok(false);
            }
            action.into_iter().for_each(|action| view.act(action));
        }
    }
}

/// Takes in what has come; answers whether there will be more.
fn take(view: &mut View, news: &Receiver<News>) -> Result<bool, MetricsError> {
    loop {
        match news.try_recv() {
            Ok(news) => {
                let (hello, frame) = news?;
                hello.iter().for_each(|hello| view.meet(hello));
                view.add(frame);
            }
            Err(TryRecvError::Empty) => return Ok(true),
            Err(TryRecvError::Disconnected) => return Ok(false),
        }
    }
}

/// Reads on a thread of its own, which ends with the program or with whoever listens.
fn listen<R: Read + Send + 'static>(mut reader: LiveReader<R>) -> Receiver<News> {
    let (news, received) = sync_channel(BACKLOG);
    thread::spawn(move || {
        let mut met = false;
        while let Some(frame) = reader.next() {
            let hello = reader.hello().filter(|_| !met).cloned();
            met = true;
            if news.send(frame.map(|frame| (hello, frame))).is_err() {
                return;
            }
        }
    });
    received
}

fn action(key: KeyEvent) -> Option<Action> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        _ if key.kind == KeyEventKind::Release => None,
        KeyCode::Char('c') if control => Some(Action::Quit),
        KeyCode::Char('q') | KeyCode::Esc => Some(Action::Quit),
        KeyCode::Char('p') => Some(Action::Pause),
        KeyCode::Down | KeyCode::Right | KeyCode::Tab => Some(Action::NextHeap),
        KeyCode::BackTab | KeyCode::Left | KeyCode::Up => Some(Action::PreviousHeap),
        _ => None,
    }
}
