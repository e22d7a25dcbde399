//! People: `user.*`, which every version of the user scope opens, and `profile`, which needs none.

use super::super::directory::User;
use super::super::error::RestError;
use super::super::php::Php;
use super::super::state::State;
use super::list::page;
use super::{Call, Method, Step, done};

/// Any of these opens the methods; only the first two show how to reach people.
const SCOPES: &str = "user|user_basic|user_brief";
const REACHING_SCOPES: [&str; 2] = ["user", "user_basic"];

pub(super) static METHODS: &[Method] = &[
    Method {
        name: "user.current",
        scope: SCOPES,
        run: current,
    },
    Method {
        name: "user.get",
        scope: SCOPES,
        run: list,
    },
    Method {
        name: "profile",
        scope: "",
        run: profile,
    },
];

fn current(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    done(shown(state, &owner(state, call)))
}

/// Fields of the filter are those of a user; the top level is read too, as the method once worked.
fn list(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let filter = call.legacy("filter").unwrap_or(&call.params);
    let descending = call
        .legacy("order")
        .is_some_and(|order| order.string().eq_ignore_ascii_case("DESC"));
    let mut users: Vec<&User> = state
        .config
        .users
        .iter()
        .filter(|user| {
            filter
                .pairs()
                .iter()
                .all(|(key, value)| meets(user, key, value))
        })
        .collect();
    users.sort_by_key(|user| user.id);
    if descending {
        users.reverse();
    }
    let page = page(users, call.start);
    let users = Php::list(page.rows.iter().map(|user| shown(state, user)));
    Ok(Step::Done(page.reply(users)))
}

fn profile(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let owner = owner(state, call);
    done(Php::map([
        ("ID", Php::text(owner.id.to_string())),
        ("ADMIN", Php::Bool(state.config.admin)),
        ("NAME", Php::text(owner.name)),
        ("LAST_NAME", Php::text(owner.last_name)),
        ("PERSONAL_GENDER", Php::text("")),
        ("TIME_ZONE", Php::text("")),
    ]))
}

/// The webhook's owner, who need not stand in the set-up.
fn owner(state: &State, call: &Call) -> User {
    let known = state.config.users.iter().find(|user| user.id == call.who);
    known
        .cloned()
        .unwrap_or_else(|| User::new(call.who, "Integration", "User"))
}

fn shown(state: &State, user: &User) -> Php {
    let mut shown = Php::map([
        ("ID", Php::text(user.id.to_string())),
        ("ACTIVE", Php::Bool(user.active)),
        ("NAME", Php::text(user.name.clone())),
        ("LAST_NAME", Php::text(user.last_name.clone())),
        ("LAST_LOGIN", Php::text(state.clock.iso(state.now))),
        ("UF_DEPARTMENT", Php::list([Php::Int(1)])),
        ("USER_TYPE", Php::text("employee")),
    ]);
    let reaching = REACHING_SCOPES
        .iter()
        .any(|scope| state.config.scopes.iter().any(|own| own == scope));
    if reaching {
        shown.set("EMAIL", Php::text(user.email.clone()));
    }
    shown
}

fn meets(user: &User, key: &str, value: &Php) -> bool {
    let name = key.trim_start_matches(['=', '@']);
    let single = [(String::new(), value.clone())];
    let values = if value.is_array() {
        value.pairs()
    } else {
        &single
    };
    let any = |test: &dyn Fn(&Php) -> bool| values.iter().any(|(_, value)| test(value));
    match name.to_ascii_uppercase().as_str() {
        "ID" => any(&|value| value.idval() == user.id),
        "ACTIVE" => any(&|value| (value.truthy() && value.string() != "N") == user.active),
        "NAME" => any(&|value| value.string().eq_ignore_ascii_case(&user.name)),
        "LAST_NAME" => any(&|value| value.string().eq_ignore_ascii_case(&user.last_name)),
        "EMAIL" => any(&|value| value.string().eq_ignore_ascii_case(&user.email)),
        _ => true,
    }
}
