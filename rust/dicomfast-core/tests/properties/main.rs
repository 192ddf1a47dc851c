//! The same input gives the same rows however it is cut, ordered and repeated; and what was lost is told, never invented.

#[cfg(test)]
mod arrival;
#[cfg(test)]
mod cutting;
#[cfg(test)]
mod found;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod loss;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod wire;
#[cfg(test)]
mod world;
