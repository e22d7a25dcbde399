//! Charts of the last day, drawn on this side: a browser gets shapes, no script.

use jiff::{Timestamp, tz::TimeZone};

use crate::board::{model::Day, words::Lang};

/// The size of the drawing, in its own units.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 180.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = WIDTH - 8.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = HEIGHT - 26.0;

/// Lines across, beside the lowest.
const LINES: u32 = 3;

/// From one time below the drawing to the next, in hours.
const HOURS_STEP: i64 = 4;

/// What the template draws.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) left: f64,
    pub(super) right: f64,
    /// The same in a sentence.
    pub(super) says: String,
    pub(super) grid: Vec<Mark>,
    pub(super) hours: Vec<Mark>,
    pub(super) bars: Vec<Bar>,
    pub(super) lines: Vec<Line>,
    pub(super) points: Vec<Point>,
}

#[derive(Debug)]
pub(super) struct Mark {
    pub(super) at: f64,
    pub(super) label: String,
}

#[derive(Debug)]
pub(super) struct Bar {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

#[derive(Debug)]
pub(super) struct Line {
    pub(super) class: &'static str,
    pub(super) points: String,
}

#[derive(Debug)]
pub(super) struct Point {
    pub(super) class: &'static str,
    pub(super) x: f64,
    pub(super) y: f64,
}

/// Deliveries as bars, orders brought up to date as a line.
pub(super) fn throughput(day: &Day, lang: Lang) -> Chart {
    let most = day
        .buckets
        .iter()
        .map(|it| it.received.max(it.synced))
        .max();
    let scale = Scale::up_to(most.unwrap_or(0) as f64);
    let mut chart = Chart::empty(day, &scale, |value| format!("{value}"));
    let slot = slot(day);
    for (index, bucket) in day.buckets.iter().enumerate() {
        let y = scale.y(bucket.received as f64);
        if y < BOTTOM {
            let x = LEFT + slot * index as f64 + slot * 0.12;
            let (width, height) = (round(slot * 0.76), round(BOTTOM - y));
            chart.bars.push(Bar {
                x: round(x),
                y,
                width,
                height,
            });
        }
    }
    let synced = day.buckets.iter().map(|it| Some(it.synced as f64));
    chart.add_line("", synced, &scale, slot);
    chart.says = match lang {
        Lang::En => format!(
            "In 24 hours: {} deliveries received, {} orders brought up to date.",
            day.received, day.synced
        ),
        Lang::Ru => format!(
            "За 24 часа: доставок {}, заказов приведено в порядок {}.",
            day.received, day.synced
        ),
    };
    chart
}

/// Median and nineteen of twenty as lines.
pub(super) fn latency(day: &Day, lang: Lang, millis: impl Fn(u64) -> String) -> Chart {
    let most = day
        .buckets
        .iter()
        .filter_map(|it| it.p95_ms.max(it.median_ms))
        .max();
    let scale = Scale::up_to(most.unwrap_or(0) as f64);
    let mut chart = Chart::empty(day, &scale, |value| millis(value as u64));
    let slot = slot(day);
    let of = |it: Option<u64>| it.map(|it| it as f64);
    chart.add_line(
        "second",
        day.buckets.iter().map(|it| of(it.p95_ms)),
        &scale,
        slot,
    );
    chart.add_line(
        "",
        day.buckets.iter().map(|it| of(it.median_ms)),
        &scale,
        slot,
    );
    let told = |it: Option<u64>| it.map_or_else(|| lang.say("none", "нет").to_owned(), &millis);
    let (median, p95) = (told(day.median_ms), told(day.p95_ms));
    chart.says = match lang {
        Lang::En => format!(
            "From webhook to deal in 24 hours: median {median}, nineteen of twenty within {p95}."
        ),
        Lang::Ru => format!(
            "От вебхука до сделки за 24 часа: медиана {median}, девятнадцать из двадцати — за {p95}."
        ),
    };
    chart
}

impl Chart {
    fn empty(day: &Day, scale: &Scale, label: impl Fn(f64) -> String) -> Self {
        let grid = (0..=LINES).map(|line| {
            let value = scale.top * f64::from(line) / f64::from(LINES);
            Mark {
                at: scale.y(value),
                label: label(value),
            }
        });
        Self {
            width: WIDTH,
            height: HEIGHT,
            left: LEFT,
            right: RIGHT,
            says: String::new(),
            grid: grid.collect(),
            hours: hours(day),
            bars: Vec::new(),
            lines: Vec::new(),
            points: Vec::new(),
        }
    }

    /// A line that is broken where there is no value; a value alone is a point.
    fn add_line(
        &mut self,
        class: &'static str,
        values: impl Iterator<Item = Option<f64>>,
        scale: &Scale,
        slot: f64,
    ) {
        let mut run: Vec<(f64, f64)> = Vec::new();
        for (index, value) in values.map(Some).chain([None]).enumerate() {
            if let Some(Some(value)) = value {
                run.push((round(LEFT + slot * (index as f64 + 0.5)), scale.y(value)));
                continue;
            }
            match run.as_slice() {
                [] => {}
                [(x, y)] => self.points.push(Point {
                    class,
                    x: *x,
                    y: *y,
                }),
                several => {
                    let points: Vec<String> =
                        several.iter().map(|(x, y)| format!("{x},{y}")).collect();
                    self.lines.push(Line {
                        class,
                        points: points.join(" "),
                    });
                }
            }
            run.clear();
        }
    }
}

/// From value to height.
struct Scale {
    top: f64,
}

impl Scale {
    /// A round number of thirds that is not below the greatest value.
    fn up_to(most: f64) -> Self {
        let third = (most / f64::from(LINES)).max(1.0);
        let power = 10_f64.powf(third.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0];
        let step = steps.iter().map(|it| it * power).find(|it| third <= *it);
        Self {
            top: step.unwrap_or(third) * f64::from(LINES),
        }
    }

    fn y(&self, value: f64) -> f64 {
        round(BOTTOM - (BOTTOM - TOP) * value / self.top)
    }
}

fn slot(day: &Day) -> f64 {
    (RIGHT - LEFT) / day.buckets.len().max(1) as f64
}

/// Times below the drawing, of UTC: where the reader lives is not known here.
fn hours(day: &Day) -> Vec<Mark> {
    let Some(first) = day.buckets.first() else {
        return Vec::new();
    };
    let slot = slot(day);
    let hour = |at: Timestamp| at.to_zoned(TimeZone::UTC).hour();
    let (step, hours_long) = (
        HOURS_STEP * 3_600,
        day.buckets.len() as i64 * day.bucket_seconds as i64,
    );
    let begin = first.from.as_second();
    let start = begin.div_euclid(step) * step + step;
    let marks = (start..begin + hours_long).step_by(step as usize);
    marks
        .filter_map(|second| {
            let at = Timestamp::from_second(second).ok()?;
            let x = LEFT + slot * (second - begin) as f64 / day.bucket_seconds.max(1) as f64;
            Some(Mark {
                at: round(x),
                label: format!("{:02}:00", hour(at)),
            })
        })
        .collect()
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
