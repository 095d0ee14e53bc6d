//! The intervals of a chart as links to their windows. They lie over the drawing: a click on a bar opens its interval, and
//! dragging over several opens all of them, see `live::brush`. Without a script and by keyboard they are plain links.

use leptos::prelude::*;
use model::Window;

/// Most links in a chart: wide enough for a finger, few enough for the keyboard.
pub const CELLS: usize = 24;

/// A linked interval of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub window: Window,
    pub href: String,
    pub label: String,
}

/// Intervals joined into one link, so that there are at most [`CELLS`].
pub fn together(intervals: usize) -> usize {
    intervals.div_ceil(CELLS).max(1)
}

/// The window from the start of the first to the end of the last.
pub fn around(first: Window, last: Window) -> Window {
    Window::new(first.from(), last.to()).unwrap_or(first)
}

#[component]
pub fn Cells(cells: Vec<Cell>, label: &'static str) -> impl IntoView {
    let cell = |Cell { window, href, label }: Cell| {
        let title = label.clone();
        view! {
            <li data-key=window.from().to_string()>
                <a href=href draggable="false" title=title>
                    <span class="visually-hidden">{label}</span>
                </a>
            </li>
        }
    };
    view! { <ol class="cells" data-brush="" aria-label=label>{cells.into_iter().map(cell).collect_view()}</ol> }
}
