//! What the index is told of the reference tables: which unit lies in which, how far apart they are, how groups nest.

use super::text::places::PlaceNames;

/// Kilometres between two places on the globe are whole numbers here; the centroids are good to a few.
pub type Kilometres = u16;

/// Facts of the reference tables by row number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// Of each province-level unit of any time, the row of today's unit in its place.
    pub current: Vec<u8>,
    /// Of each province-level unit, the number of its region of today.
    pub region: Vec<u8>,
    /// Of each province-level unit, latitude and longitude of its centroid in hundredths of a degree.
    pub centroid: Vec<(i32, i32)>,
    /// Of each product group of any decision, the row of its counterpart of 2026, or itself where nothing followed.
    pub group_2026: Vec<u8>,
    /// Names of units of any time.
    pub names: PlaceNames,
    /// Distances between units, row by row; made by [`Tables::new`].
    distances: Vec<Kilometres>,
}

/// Mean radius of the earth (IUGG), kilometres.
const EARTH_RADIUS_KM: f64 = 6_371.009;

impl Tables {
    /// Puts the tables together and works out the distances.
    pub fn new(current: Vec<u8>, region: Vec<u8>, centroid: Vec<(i32, i32)>, group_2026: Vec<u8>) -> Self {
        let distances = centroid.iter().flat_map(|from| centroid.iter().map(|to| kilometres(*from, *to))).collect();
        Self { current, region, centroid, group_2026, names: PlaceNames::default(), distances }
    }

    /// The same with names of units.
    #[must_use]
    pub fn with_names(self, names: PlaceNames) -> Self {
        Self { names, ..self }
    }

    /// Today's unit in the place of `province`.
    pub fn current(&self, province: u8) -> u8 {
        self.current.get(usize::from(province)).copied().unwrap_or(province)
    }

    /// The counterpart of `group` under the decision of 2026.
    pub fn group_2026(&self, group: u8) -> u8 {
        self.group_2026.get(usize::from(group)).copied().unwrap_or(group)
    }

    /// Kilometres between the centroids of two units.
    pub fn distance(&self, from: u8, to: u8) -> Kilometres {
        self.distances.get(usize::from(from) * self.centroid.len() + usize::from(to)).copied().unwrap_or(0)
    }

    /// Kilometres from a place (hundredths of a degree) to the centroid of a unit.
    pub fn distance_from(&self, place: (i32, i32), to: u8) -> Kilometres {
        self.centroid.get(usize::from(to)).map_or(0, |centroid| kilometres(place, *centroid))
    }
}

/// Great-circle distance (haversine), rounded to the kilometre.
fn kilometres(from: (i32, i32), to: (i32, i32)) -> Kilometres {
    let radians = |hundredths: i32| f64::from(hundredths) * (std::f64::consts::PI / 18_000.0);
    let (lat_from, lat_to) = (radians(from.0), radians(to.0));
    let (half_lat, half_lon) = ((lat_to - lat_from) / 2.0, (radians(to.1) - radians(from.1)) / 2.0);
    let chord = half_lat.sin().powi(2) + lat_from.cos() * lat_to.cos() * half_lon.sin().powi(2);
    let distance = 2.0 * EARTH_RADIUS_KM * chord.sqrt().min(1.0).asin();
    // Half the way around the globe is 20,015 km: it fits.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 20,015")]
    let whole = distance.round() as Kilometres;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    // Hà Nội (21.03 N 105.85 E) to TP. Hồ Chí Minh (10.78 N 106.70 E): 1,143 km by the haversine formula
    // with this radius, worked out by hand from Δφ = 10.25°, Δλ = 0.85°.
    #[test]
    fn the_two_largest_cities_are_eleven_hundred_kilometres_apart() {
        let km = kilometres((2103, 10585), (1078, 10670));
        assert!((1_138..=1_148).contains(&km), "{km}");
        assert_eq!(kilometres((2103, 10585), (2103, 10585)), 0);
        // A degree along a meridian is a 360th of the circumference: 111.2 km.
        assert_eq!(kilometres((1000, 10000), (1100, 10000)), 111);
    }
}
