//! In how large company an order, a contact or a company may travel: a request that comes to nothing spoils it for all its members,
//! so they travel in half of that company next, and then alone, until it is known who spoils it (design §4.2, rule 12).

use serde::{Deserialize, Serialize};

/// Counts who travelled together and how that ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crowd {
    max: Option<u32>,
}

impl Crowd {
    /// How many may share a request, oneself included.
    pub fn max(self) -> usize {
        self.max
            .map_or(usize::MAX, |it| usize::try_from(it).unwrap_or(usize::MAX))
    }

    /// A request of so many members came to nothing. True if the one member was alone: then it counts against it.
    pub fn spoiled(&mut self, members: u32) -> bool {
        if members <= 1 {
            return true;
        }
        self.max = Some(match self.max {
            None => members / 2,
            Some(_) => 1,
        });
        false
    }

    /// A request went well.
    pub fn cleared(&mut self) {
        self.max = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spoiled_request_is_halved_and_then_its_members_travel_alone() {
        let mut crowd = Crowd::default();
        assert_eq!(crowd.max(), usize::MAX);
        assert!(!crowd.spoiled(50));
        assert_eq!(crowd.max(), 25);
        assert!(!crowd.spoiled(20));
        assert_eq!(crowd.max(), 1);
        assert!(crowd.spoiled(1));
        crowd.cleared();
        assert_eq!(crowd.max(), usize::MAX);
    }
}
