//! What people and scripts are told of a service that works between the simulated shop and the simulated portal.

mod api;
mod stand;
mod told;
