//! What every page has around it, and how values are written for people.

use http::request::Parts;
use jiff::Timestamp;
use kernel::DeliverySeq;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    act, assets,
    preferences::{self, Theme},
};
use crate::{
    board::{
        model::{Amount, OrderRef},
        words::{Lang, Said},
    },
    door::{Via, Who},
    operator::Action,
};

/// The pages of the dashboard, as the navigation shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Here {
    Overview,
    Orders,
    Attention,
    Duplicates,
    Settings,
    Log,
    /// Outside, before the door.
    Nowhere,
}

/// A line of the navigation.
#[derive(Debug)]
pub(super) struct NavItem {
    pub(super) href: &'static str,
    pub(super) label: &'static str,
    pub(super) current: bool,
    pub(super) count: u64,
}

/// An appearance to choose.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) href: String,
    pub(super) label: &'static str,
    pub(super) sign: &'static str,
    pub(super) current: bool,
}

/// The share of something that is full.
#[derive(Debug)]
pub(super) struct Meter {
    pub(super) class: &'static str,
    pub(super) percent: f64,
}

/// Around a page.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) lang: Lang,
    pub(super) theme: Option<Theme>,
    /// The address of this page, to come back to.
    pub(super) here: String,
    /// What was just done.
    pub(super) notice: Option<String>,
    page: Here,
    who: Option<Who>,
    needs: u64,
}

impl Frame {
    /// Around a page before the door.
    pub(super) fn outside(parts: &Parts) -> Self {
        let here = parts.uri.path_and_query().map_or("/", |it| it.as_str());
        Self {
            lang: preferences::lang(&parts.headers),
            theme: preferences::theme(&parts.headers),
            here: if parts.method.is_safe() { here } else { "/" }.to_owned(),
            notice: None,
            page: Here::Nowhere,
            who: None,
            needs: 0,
        }
    }

    /// Around a page for somebody; `needs` is how much waits for a person.
    pub(super) fn inside(parts: &Parts, page: Here, who: Who, needs: u64) -> Self {
        let outside = Self::outside(parts);
        Self {
            page,
            who: Some(who),
            needs,
            notice: act::told(&parts.headers, outside.lang),
            ..outside
        }
    }

    pub(super) fn t<'a>(&self, en: &'a str, ru: &'a str) -> &'a str {
        self.lang.say(en, ru)
    }

    pub(super) fn said<'a>(&self, said: &'a Said) -> &'a str {
        said.text(self.lang)
    }

    /// A sentence whose `names` are set off. It is markup: everything else of it is escaped here.
    pub(super) fn prose(&self, said: &Said) -> String {
        let mut markup = String::new();
        for (index, part) in said.text(self.lang).split('`').enumerate() {
            let text = escaped(part);
            if index % 2 == 0 {
                markup.push_str(&text);
            } else {
                markup.push_str(&format!("<code>{text}</code>"));
            }
        }
        markup
    }

    pub(super) fn lang_code(&self) -> &'static str {
        self.lang.say("en", "ru")
    }

    pub(super) fn asset(&self, name: &str) -> String {
        assets::href(name)
    }

    pub(super) fn nav(&self) -> Vec<NavItem> {
        let item = |page, href, label| NavItem {
            href,
            label,
            current: page == self.page,
            count: if page == Here::Attention {
                self.needs
            } else {
                0
            },
        };
        vec![
            item(Here::Overview, "/", self.t("Overview", "Обзор")),
            item(Here::Orders, "/orders", self.t("Orders", "Заказы")),
            item(
                Here::Attention,
                "/attention",
                self.t("Needs attention", "Внимание"),
            ),
            item(
                Here::Duplicates,
                "/duplicates",
                self.t("Duplicates", "Дубли"),
            ),
            item(Here::Log, "/log", self.t("Operator log", "Журнал действий")),
            item(Here::Settings, "/settings", self.t("Settings", "Настройки")),
        ]
    }

    /// The address that remembers a choice and leads back here.
    pub(super) fn prefer(&self, name: &str, value: &str) -> String {
        let back = utf8_percent_encode(&self.here, NON_ALPHANUMERIC);
        format!("/preferences?{name}={value}&back={back}")
    }

    pub(super) fn themes(&self) -> Vec<Choice> {
        let choice = |theme: Option<Theme>, sign, label| Choice {
            href: self.prefer("theme", theme.map_or("system", Theme::word)),
            label,
            sign,
            current: theme == self.theme,
        };
        vec![
            choice(None, "◐", self.t("As the system", "Как в системе")),
            choice(Some(Theme::Light), "☀", self.t("Light", "Светлое")),
            choice(Some(Theme::Dark), "☾", self.t("Dark", "Тёмное")),
        ]
    }

    pub(super) fn may_act(&self) -> bool {
        self.who.as_ref().is_some_and(Who::may_act)
    }

    pub(super) fn has_session(&self) -> bool {
        self.who.as_ref().is_some_and(|it| it.via == Via::Session)
    }

    pub(super) fn form_token(&self) -> &str {
        self.who.as_ref().map_or("", Who::form_token)
    }

    pub(super) fn role_says(&self) -> &'static str {
        match (self.may_act(), self.has_session()) {
            (true, true) => self.t("Operator", "Оператор"),
            (true, false) => self.t("This machine, without a token", "Эта машина, без токена"),
            (false, _) => self.t("Looking only", "Только просмотр"),
        }
    }

    /// Who asked for something, as the operators' log names them.
    pub(super) fn by_whom<'a>(&self, who: &'a str) -> &'a str {
        match who {
            act::BY_SESSION => self.lang.say(who, "панель"),
            act::BY_MACHINE => self.lang.say(who, "панель на этой машине"),
            _ => who,
        }
    }

    pub(super) fn order_href(&self, order: &OrderRef) -> String {
        format!("/orders/{}/{}", order.shop, order.id)
    }

    pub(super) fn order_name(&self, order: &OrderRef) -> String {
        order.name.clone().unwrap_or_else(|| order.id.to_string())
    }

    /// An instant; a script of ours writes it in the reader's own zone.
    pub(super) fn time(&self, at: &Timestamp) -> String {
        self.time_tag(at, "")
    }

    /// The same, always with its day.
    pub(super) fn time_day(&self, at: &Timestamp) -> String {
        self.time_tag(at, " data-day")
    }

    fn time_tag(&self, at: &Timestamp, more: &str) -> String {
        let shown = at.strftime("%d.%m. %H:%M:%S UTC");
        format!("<time datetime=\"{at}\"{more}>{shown}</time>")
    }

    pub(super) fn ago(&self, now: &Timestamp, then: &Timestamp) -> String {
        let passed = now.duration_since(*then).as_secs();
        let span = self.span(&u64::try_from(passed).unwrap_or(0));
        match self.lang {
            Lang::En => format!("{span} ago"),
            Lang::Ru => format!("{span} назад"),
        }
    }

    /// A span in its two greatest units.
    pub(super) fn span(&self, seconds: &u64) -> String {
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
        let unit = |count: u64, en: &str, ru: &str| format!("{count} {}", self.lang.say(en, ru));
        let (day, hour) = (unit(days, "d", "д"), unit(hours, "h", "ч"));
        let minute = unit(minutes, "min", "мин");
        match (days, hours, minutes) {
            (0, 0, 0) => unit(seconds % 60, "s", "с"),
            (0, 0, _) => minute,
            (0, _, 0) => hour,
            (0, _, _) => format!("{hour} {minute}"),
            (_, 0, _) => day,
            (_, _, _) => format!("{day} {hour}"),
        }
    }

    pub(super) fn seconds(&self, seconds: &f64) -> String {
        self.span(&(seconds.max(0.0).ceil() as u64))
    }

    pub(super) fn millis(&self, millis: &Option<u64>) -> String {
        millis.map_or_else(|| "–".to_owned(), |it| millis_text(it, self.lang))
    }

    pub(super) fn millis_of(&self, millis: &i64) -> String {
        match u64::try_from(*millis).unwrap_or(0) {
            millis @ 0..60_000 => millis_text(millis, self.lang),
            millis => self.span(&(millis / 1_000)),
        }
    }

    pub(super) fn whole(&self, number: &f64) -> String {
        format!("{number:.0}")
    }

    pub(super) fn short(&self, number: &f64) -> String {
        let text = format!("{number:.1}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        self.point(text)
    }

    pub(super) fn money(&self, amount: &Amount) -> String {
        let text = amount.amount.to_string();
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |it| ("−", it));
        let point = if rest.is_empty() { "" } else { "." };
        let number = format!("{sign}{}{point}{rest}", grouped(digits));
        format!("{}\u{a0}{}", self.point(&number), amount.currency)
    }

    pub(super) fn or_dash<'a>(&self, text: &'a Option<String>) -> &'a str {
        text.as_deref().filter(|it| !it.is_empty()).unwrap_or("–")
    }

    /// Whether two values are known and not the same.
    pub(super) fn differs(&self, one: &Option<String>, other: &Option<String>) -> bool {
        one.is_some() && other.is_some() && one != other
    }

    /// An action as a form carries it.
    pub(super) fn written(&self, action: &Action) -> String {
        act::written(action)
    }

    /// The action that reads a stored delivery once more.
    pub(super) fn replay(&self, delivery: &u64) -> String {
        let delivery = DeliverySeq(*delivery);
        act::written(&Action::Replay { delivery })
    }

    pub(super) fn json(&self, value: &serde_json::Value) -> String {
        serde_json::to_string_pretty(value).unwrap_or_default()
    }

    pub(super) fn meter_left(&self, left: &f64, of: &f64) -> Meter {
        let percent = percent(*left, *of);
        let class = if percent < 10.0 {
            "full"
        } else if percent < 30.0 {
            "high"
        } else {
            ""
        };
        Meter { class, percent }
    }

    pub(super) fn meter_used(&self, used: &f64, of: &f64) -> Meter {
        let percent = percent(*used, *of);
        let class = if 95.0 < percent {
            "full"
        } else if 75.0 < percent {
            "high"
        } else {
            ""
        };
        Meter { class, percent }
    }

    fn point(&self, number: &str) -> String {
        match self.lang {
            Lang::En => number.to_owned(),
            Lang::Ru => number.replace('.', ","),
        }
    }
}

/// A span of milliseconds in the unit that suits it.
pub(super) fn millis_text(millis: u64, lang: Lang) -> String {
    let (ms, s, min) = (
        lang.say("ms", "мс"),
        lang.say("s", "с"),
        lang.say("min", "мин"),
    );
    match millis {
        0..1_000 => format!("{millis} {ms}"),
        1_000..60_000 => {
            let tenths = (millis + 50) / 100;
            let (whole, tenth) = (tenths / 10, tenths % 10);
            let point = lang.say(".", ",");
            if tenth == 0 {
                format!("{whole} {s}")
            } else {
                format!("{whole}{point}{tenth} {s}")
            }
        }
        60_000.. => format!("{} {min}", (millis + 30_000) / 60_000),
    }
}

/// The form of a noun that goes with a number.
pub(super) fn plural<'a>(count: u64, one: &'a str, few: &'a str, many: &'a str) -> &'a str {
    match (count % 10, count % 100) {
        (_, 11..=14) => many,
        (1, _) => one,
        (2..=4, _) => few,
        (_, _) => many,
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn percent(part: f64, of: f64) -> f64 {
    if of <= 0.0 {
        return 0.0;
    }
    (part / of * 1_000.0).round().clamp(0.0, 1_000.0) / 10.0
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if 0 < index && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(lang: Lang) -> Frame {
        let (parts, ()) = http::Request::new(()).into_parts();
        Frame {
            lang,
            ..Frame::outside(&parts)
        }
    }

    #[test]
    fn a_span_has_its_two_greatest_units() {
        let check = |seconds, en, ru| {
            assert_eq!(frame(Lang::En).span(&seconds), en);
            assert_eq!(frame(Lang::Ru).span(&seconds), ru);
        };
        check(0, "0 s", "0 с");
        check(59, "59 s", "59 с");
        check(60, "1 min", "1 мин");
        check(7_260, "2 h 1 min", "2 ч 1 мин");
        check(7_200, "2 h", "2 ч");
        check(90_000, "1 d 1 h", "1 д 1 ч");
    }

    #[test]
    fn names_are_set_off_and_markup_of_others_is_none() {
        let said = Said::same("webhook `orders/paid` <b>&\"' `<i>");
        let want =
            "webhook <code>orders/paid</code> &lt;b&gt;&amp;&quot;&#39; <code>&lt;i&gt;</code>";
        assert_eq!(frame(Lang::En).prose(&said), want);
    }

    #[test]
    fn money_is_grouped_and_keeps_its_digits() {
        let check = |amount: &str, en, ru| {
            let amount = Amount {
                amount: amount.parse().unwrap(),
                currency: "EUR".to_owned(),
            };
            assert_eq!(frame(Lang::En).money(&amount).replace('\u{a0}', " "), en);
            assert_eq!(frame(Lang::Ru).money(&amount).replace('\u{a0}', " "), ru);
        };
        check("1234567.50", "1 234 567.50 EUR", "1 234 567,50 EUR");
        check("-100", "−100 EUR", "−100 EUR");
    }

    #[test]
    fn a_duration_is_written_in_the_unit_that_suits_it() {
        let check = |millis, want| assert_eq!(millis_text(millis, Lang::En), want);
        check(12, "12 ms");
        check(2_000, "2 s");
        check(2_340, "2.3 s");
        check(59_990, "60 s");
        check(150_000, "3 min");
    }

    #[test]
    fn russian_nouns_follow_their_number() {
        let check = |count, want| assert_eq!(plural(count, "заказ", "заказа", "заказов"), want);
        for (count, want) in [
            (1, "заказ"),
            (3, "заказа"),
            (11, "заказов"),
            (21, "заказ"),
            (112, "заказов"),
            (0, "заказов"),
        ] {
            check(count, want);
        }
    }
}
