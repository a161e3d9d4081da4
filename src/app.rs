//! What the handlers share, and the one list of routes.

use crate::access::Caller;
use crate::audit::{Audit, Checkpoints};
use crate::clock::{Clock, day_of};
use crate::db::{Db, Ending, Store};
use crate::error::{Problem, Result};
use crate::http::Context;
use crate::http::answer::Answer;
use crate::http::collection::Collection;
use crate::http::cors::Cors;
use crate::http::document;
use crate::http::idempotency::{IdempotencyKey, Running, forget_old};
use crate::http::limits::{Limits, Rate};
use crate::http::query::Args;
use crate::http::route::{Route, collection_routes};
use crate::ids::Randomness;
use crate::indexing::{Degraded, Index};
use crate::keys::KeyCache;
use crate::log::Tx;
use crate::metrics::Metrics;
use crate::outgoing::Client;
use crate::people::{People, PeopleSettings};
use crate::settings::Settings;
use crate::{
    agencies, audit, buyers, certificates, contacts, demands, events, facilities, introductions, keys, matches, mous, offers, operation,
    organisations, personal_data, producers, products, reference, reports, search, star_proposals,
};
use ipnet::IpNet;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The one list of routes: the router and the API document are made from it.
pub fn routes() -> Vec<Route> {
    let mut routes = Vec::new();
    routes.extend(reference::http::routes());
    routes.extend(collection_routes::<organisations::Organisations>());
    routes.extend(organisations::routes());
    routes.extend(search::by_name::<producers::HasProducer>(collection_routes::<producers::Producers>()));
    routes.extend(search::by_name::<buyers::HasBuyer>(collection_routes::<buyers::Buyers>()));
    routes.extend(collection_routes::<agencies::Agencies>());
    routes.extend(collection_routes::<facilities::Facilities>());
    routes.extend(search::searchable::<products::Products>(collection_routes::<products::Products>()));
    routes.extend(collection_routes::<certificates::Certificates>());
    routes.extend(collection_routes::<star_proposals::StarProposals>());
    routes.extend(collection_routes::<events::Events>());
    routes.extend(events::routes());
    routes.extend(collection_routes::<mous::Mous>());
    routes.extend(mous::routes());
    routes.extend(reports::routes());
    routes.extend(search::searchable::<offers::Offers>(collection_routes::<offers::Offers>()));
    routes.extend(offers::routes());
    routes.extend(collection_routes::<demands::Demands>());
    routes.extend(demands::routes());
    routes.extend(search::routes());
    routes.extend(matches::routes());
    routes.extend(contacts::routes());
    routes.extend(introductions::routes());
    routes.extend(personal_data::routes());
    routes.extend(keys::routes());
    routes.extend(audit::routes());
    routes.extend(operation::routes());
    routes
}

/// What the handlers share.
#[derive(Debug)]
pub struct App {
    /// The database.
    pub store: Store,
    /// Where "now" comes from.
    pub clock: Clock,
    /// Where randomness comes from.
    pub ids: Arc<Randomness>,
    /// What the database says of this instance.
    pub settings: Arc<Settings>,
    /// Keys seen lately.
    pub keys: KeyCache,
    /// Counters.
    pub metrics: Metrics,
    /// The market index.
    pub index: Arc<Index>,
    /// How much one caller may ask.
    pub limits: Limits,
    /// Proxies whose word on where a request comes from is taken.
    pub proxies: Vec<IpNet>,
    /// The audit log, as far as this process keeps it.
    pub audit: Audit,
    /// Which pages' scripts may read answers; none unless configured.
    pub cors: Option<Cors>,
    /// People of an OpenID provider; none unless configured.
    pub people: Option<People>,
    /// Contacts that one key may be shown on a day.
    pub daily_disclosures: i64,
    /// Days after which no backup holds what was erased.
    pub backup_days: i64,
    running: Running,
    members: HashMap<&'static str, Vec<String>>,
    draining: AtomicBool,
    /// Whether workers that are behind turn requests away.
    pub sheds: bool,
    turned_away: AtomicU64,
}

impl App {
    /// Puts the shared parts together.
    ///
    /// # Errors
    /// 500 when the metrics clash.
    pub fn new(store: Store, clock: Clock, ids: Randomness, settings: Settings) -> Result<Self> {
        let schemas = document::schemas(&routes());
        let mut members = HashMap::new();
        let mut add =
            |collection: &'static str, view: std::borrow::Cow<'static, str>| members.insert(collection, document::members(&schemas, &view));
        add_members::<organisations::Organisations>(&mut add);
        add_members::<producers::Producers>(&mut add);
        add_members::<buyers::Buyers>(&mut add);
        add_members::<agencies::Agencies>(&mut add);
        add_members::<facilities::Facilities>(&mut add);
        add_members::<products::Products>(&mut add);
        add_members::<certificates::Certificates>(&mut add);
        add_members::<star_proposals::StarProposals>(&mut add);
        add_members::<events::Events>(&mut add);
        add_members::<mous::Mous>(&mut add);
        add_members::<offers::Offers>(&mut add);
        add_members::<demands::Demands>(&mut add);
        add("contacts", "Contact".into());
        add("introductions", "Introduction".into());
        add("personal-data-requests", "PersonalDataRequest".into());
        add("ProductHit", "ProductHit".into());
        add("OfferHit", "OfferHit".into());
        add("OrganisationHit", "OrganisationHit".into());
        Ok(Self {
            index: Arc::new(Index::new(store.clone(), clock.clone())),
            store,
            clock,
            ids: Arc::new(ids),
            settings: Arc::new(settings),
            keys: KeyCache::default(),
            metrics: Metrics::new().map_err(Problem::internal)?,
            limits: Limits::default(),
            proxies: Vec::new(),
            audit: Audit::default(),
            cors: None,
            people: None,
            daily_disclosures: contacts::DAILY_DISCLOSURES,
            backup_days: personal_data::BACKUP_DAYS,
            running: Running::default(),
            members,
            draining: AtomicBool::new(false),
            sheds: false,
            turned_away: AtomicU64::new(0),
        })
    }

    /// The same behind `proxies`.
    #[must_use]
    pub fn behind(mut self, proxies: Vec<IpNet>) -> Self {
        self.proxies = proxies;
        self
    }

    /// The same with a file into which the end of the audit log is signed.
    #[must_use]
    pub fn signing(mut self, checkpoints: Checkpoints) -> Self {
        self.audit = self.audit.signing(checkpoints);
        self
    }

    /// The same, open to the scripts of other origins.
    #[must_use]
    pub fn open_to(mut self, cors: Option<Cors>) -> Self {
        self.cors = cors;
        self
    }

    /// The same, open to the people of an OpenID provider, which is asked with `client`.
    #[must_use]
    pub fn known_to(mut self, provider: Option<PeopleSettings>, client: Client) -> Self {
        self.people = provider.map(|settings| People::new(settings, client, &self.clock, &self.settings.digest_key));
        self
    }

    /// The same with so many contacts that one key may be shown on a day, and so many days that backups are kept.
    #[must_use]
    pub fn with_personal_data(mut self, daily_disclosures: i64, backup_days: i64) -> Self {
        self.daily_disclosures = daily_disclosures;
        self.backup_days = backup_days;
        self
    }

    /// The same with limits for addresses without a key, and for keys.
    #[must_use]
    pub fn limited(mut self, anonymous: Option<Rate>, key: Option<Rate>) -> Self {
        self.limits = Limits::new(anonymous, key, &self.clock);
        self
    }

    /// The same with so many tokens a day for each key; after [`App::limited`].
    #[must_use]
    pub fn with_quota(mut self, a_day: Option<i64>) -> Self {
        self.limits = self.limits.with_quota(a_day, &self.clock);
        self
    }

    /// The same, whose workers turn requests away when they are behind.
    #[must_use]
    pub fn shedding(mut self, sheds: bool) -> Self {
        self.sheds = sheds;
        self
    }

    /// Counts a request that a worker turned away.
    pub fn turned_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    /// How many requests were turned away since the start, by the queue that was full.
    pub fn all_turned_away(&self) -> [(&'static str, u64); 3] {
        let [first, second] = self.store.turned_away();
        [("worker", self.turned_away.load(Ordering::Relaxed)), first, second]
    }

    /// The caller, the day asked (today unless given) and the instant.
    pub fn context(&self, caller: &Caller, args: &Args) -> Context {
        let now = self.clock.now();
        Context { caller: caller.clone(), as_of: args.day("as_of").unwrap_or_else(|| day_of(now)), now }
    }

    /// Key of the cursors' seals.
    pub fn cursor_secret(&self) -> &[u8] {
        &self.settings.cursor_secret
    }

    /// Names of the members of a collection's records, for `fields=`.
    pub fn members(&self, collection: &str) -> &[String] {
        self.members.get(collection).map_or(&[], Vec::as_slice)
    }

    /// Whether the process is stopping.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// From now on answers say `Connection: close`, and the process is not ready.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether the database is away, and how old what is answered from memory is then. Asks the database nothing.
    pub fn degraded(&self) -> Option<Degraded> {
        self.store.is_away().then(|| Degraded::from(self.index.state()))
    }

    /// Runs `work` in one write transaction with the changes that it notes; nothing is kept when `validate_only`. What
    /// is kept is in the market index before this returns.
    ///
    /// # Errors
    /// What `work` returns; 503 when the database is away, full, or the commit failed.
    pub async fn write<T, F>(&self, context: &Context, validate_only: bool, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let settings = Arc::clone(&self.settings);
        let ids = Arc::clone(&self.ids);
        let index = Arc::clone(&self.index);
        let context = context.clone();
        let ending = if validate_only { Ending::RollBack } else { Ending::Commit };
        let work = move |db: &mut Db| {
            let mut tx = Tx::new(db, context.now, &settings.instance, &settings.digest_key, &context.caller, &ids);
            let value = work(&mut tx)?;
            Ok((value, tx.finish()?))
        };
        let (value, changes) = self.store.write(ending, work, move |(_, changes)| index.committed(changes)).await?;
        if let (Some(last), Ending::Commit) = (changes.last(), ending) {
            self.metrics.wrote(last.seq);
        }
        Ok(value)
    }

    /// Runs a creating request once: repeats the answer of an earlier request with the same key.
    ///
    /// # Errors
    /// What `work` returns; 409 while the first is running, 422 when the key belongs to another request.
    pub async fn create_once<F>(&self, context: &Context, key: Option<IdempotencyKey>, validate_only: bool, work: F) -> Result<Answer>
    where
        F: Fn(&mut Tx<'_>, &Context) -> Result<Answer> + Send + 'static,
    {
        let key = key.filter(|_| !validate_only);
        let _turn = match &key {
            Some(key) => Some(self.running.turn(key).await?),
            None => None,
        };
        let forget = key.is_some() && self.running.is_time_to_forget(context.now);
        let asked = context.clone();
        self.write(context, validate_only, move |tx| {
            if let Some(key) = &key
                && let Some(answer) = key.replay(tx.db, tx.now)?
            {
                return Ok(answer);
            }
            let answer = work(tx, &asked)?;
            if let Some(key) = &key {
                key.keep(tx.db, &answer, tx.now)?;
            }
            if forget {
                forget_old(tx.db, tx.now)?;
            }
            Ok(answer)
        })
        .await
    }
}

fn add_members<C: Collection>(add: &mut impl FnMut(&'static str, std::borrow::Cow<'static, str>) -> Option<Vec<String>>) {
    add(C::SPEC.name, <C::View as utoipa::ToSchema>::name());
}
