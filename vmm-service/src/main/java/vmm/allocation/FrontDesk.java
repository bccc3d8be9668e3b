package vmm.allocation;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Service;

import vmm.allocation.AllocationController.AllocationRequest;
import vmm.allocation.Allocator.Outcome;
import vmm.guest.GuestReports;
import vmm.identity.Person;
import vmm.identity.Role;
import vmm.vm.Ids;
import vmm.web.Problem;
import vmm.web.ProblemType;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/** Where people's wishes are checked against the rules before the allocator carries them out. */
@Service
class FrontDesk {
    /** When nothing is known of how long a launch takes. */
    private static final Duration TRY_AGAIN = Duration.ofMinutes(1);

    private static final Duration LEAST = Duration.ofSeconds(1);

    private final Offers offers;
    private final Allocator allocator;
    private final Allocations allocations;
    private final IdempotencyKeys keys;
    private final Outlooks outlooks;
    private final ClaimMeters meters;
    private final Ids ids;
    private final InstantSource clock;
    private final Optional<Integer> quota;

    FrontDesk(
            Offers offers,
            Allocator allocator,
            Allocations allocations,
            IdempotencyKeys keys,
            Outlooks outlooks,
            ClaimMeters meters,
            Ids ids,
            InstantSource clock,
            @Value("${vmm.allocations-per-person:#{null}}") @Nullable Integer quota) {
        this.offers = offers;
        this.allocator = allocator;
        this.allocations = allocations;
        this.keys = keys;
        this.outlooks = outlooks;
        this.meters = meters;
        this.ids = ids;
        this.clock = clock;
        this.quota = Optional.ofNullable(quota);
    }

    /** Takes a request in; the id of the allocation that it made, or made the first time. */
    UUID take(Person person, AllocationRequest request, @Nullable String key) {
        var token =
                Optional.ofNullable(key)
                        .map(text -> new IdempotencyKeys.Key(person.name(), text, digest(request)));
        // Before anything else: what was promised then holds, though types, terms or groups may
        // have changed since.
        var earlier = token.flatMap(keys::find);
        if (earlier.isPresent()) return repeated(earlier.get(), token.get());
        if (request.lifetime() != null && request.lifetime().compareTo(LEAST) < 0) {
            throw Problem.unprocessable("lifetime", "must be a second or more");
        }
        var offer =
                offers.find(request.vmType(), person)
                        .orElseThrow(() -> noSuchType(request.vmType(), person));
        var lease = Objects.requireNonNullElse(request.lifetime(), offer.lease());
        if (lease.compareTo(offer.maxLifetime()) > 0) {
            throw tooLong(
                    "A machine of this type is kept for at most "
                            + offer.maxLifetime()
                            + ": ask for less.");
        }
        // A pool that may have no VM grants none: to wait for it would be for ever.
        boolean wait = request.waits() && offer.open();
        var claim =
                new Request(
                        ids.next(),
                        offer.vmType(),
                        offer.poolId(),
                        offer.pool(),
                        person.name(),
                        request.name(),
                        lease,
                        offer.maxLifetime(),
                        0);
        return switch (meters.timed(() -> allocator.allocate(claim, wait, token, quota))) {
            case Outcome.Granted(UUID id) -> {
                meters.count(offer.pool(), ClaimMeters.Fate.WARM);
                yield id;
            }
            case Outcome.Queued(UUID id) -> {
                meters.count(offer.pool(), ClaimMeters.Fate.QUEUED);
                yield id;
            }
            case Outcome.Refused r -> {
                meters.count(offer.pool(), ClaimMeters.Fate.REFUSED);
                throw exhausted(offer);
            }
            case Outcome.Repeated(UUID id) -> id;
            case Outcome.KeyReused r -> throw keyReused();
            case Outcome.OverQuota(int most) ->
                    throw Problem.of(
                            ProblemType.QUOTA_EXCEEDED,
                            "You have "
                                    + most
                                    + " already, which is as many as one may have. Give one back"
                                    + " first.");
        };
    }

    /** Gives it back or up. An operator ends another's by force, and the reason says so. */
    void end(UUID id, Person person) {
        var allocation = mine(id, person);
        boolean own = allocation.user().equals(person.name());
        boolean ended =
                allocator.end(
                        allocation,
                        person.name(),
                        own ? Allocation.EndReason.RELEASED : Allocation.EndReason.FORCED);
        if (ended && allocation.state() == Allocation.State.QUEUED) {
            meters.count(allocation.pool(), ClaimMeters.Fate.CANCELLED);
        }
    }

    void extend(UUID id, Duration by, Person person) {
        var allocation = mine(id, person);
        if (!allocation.user().equals(person.name())) {
            throw Problem.forbidden("Only its owner may keep it longer.");
        }
        if (by.compareTo(LEAST) < 0) throw Problem.unprocessable("by", "must be a second or more");
        if (by.compareTo(allocation.maxLifetime()) > 0) throw beyond(allocation);
        if (allocator.extend(id, by, person.name())) {
            Instant now = clock.instant();
            allocations.unwarn(now.minus(GuestReports.SILENCE), now);
            return;
        }
        var last = allocations.find(id).orElseThrow(() -> Problem.notFound("allocation"));
        throw switch (last.state()) {
            case QUEUED ->
                    Problem.conflict(
                            "It still waits for a machine: its time begins with the grant.");
            case ENDED -> ended();
            case ACTIVE ->
                    last.expiresAt() != null && !last.expiresAt().isAfter(clock.instant())
                            ? ended()
                            : beyond(last);
        };
    }

    void restart(UUID id, Person person) {
        var allocation = mine(id, person);
        if (allocation.state() == Allocation.State.ENDED) throw ended();
        if (!allocator.restart(id, person.name())) {
            throw Problem.conflict(
                    "Its machine is not switched off, as far as its cloud has told: there is"
                            + " nothing to start.");
        }
    }

    /** The same for a type that is not there and for one of others' groups. */
    private static Problem noSuchType(String vmType, Person person) {
        if (person.allGroups() || person.is(Role.OPERATOR)) {
            return Problem.of(
                    ProblemType.NOT_FOUND,
                    "There is no VM type '" + vmType + "': GET /api/v1/vm-types lists them.");
        }
        String groups =
                person.groups().isEmpty()
                        ? "you are in none"
                        : "you are in "
                                + person.groups().stream()
                                        .sorted()
                                        .collect(Collectors.joining(", "));
        return Problem.of(
                ProblemType.NOT_FOUND,
                "There is no VM type '"
                        + vmType
                        + "' that you may use. Types are for the members of their groups, and "
                        + groups
                        + ". Ask your instrument scientist or an administrator to add you to the"
                        + " group of that type; GET /api/v1/vm-types lists those that you may"
                        + " use.");
    }

    private static Problem ended() {
        return Problem.of(ProblemType.ALREADY_ENDED, "It has ended: ask for a new one.");
    }

    private static Problem beyond(Allocation allocation) {
        var granted = allocation.grantedAt();
        return tooLong(
                granted == null
                        ? "A machine of this type is kept for at most "
                                + allocation.maxLifetime()
                                + "."
                        : "It can be kept until "
                                + granted.plus(allocation.maxLifetime())
                                + " and no longer.");
    }

    private static Problem tooLong(String detail) {
        return Problem.of(ProblemType.LIFETIME_EXCEEDED, detail);
    }

    /** One that this person may see: a stranger's does not exist. */
    private Allocation mine(UUID id, Person person) {
        return allocations
                .find(id)
                .filter(
                        allocation ->
                                person.is(Role.OPERATOR) || allocation.user().equals(person.name()))
                .orElseThrow(() -> Problem.notFound("allocation"));
    }

    private static UUID repeated(IdempotencyKeys.Taken earlier, IdempotencyKeys.Key key) {
        if (!earlier.request().equals(key.request())) throw keyReused();
        return earlier.allocation();
    }

    private static Problem keyReused() {
        return Problem.of(
                ProblemType.IDEMPOTENCY_KEY_REUSED,
                "This Idempotency-Key stands for another request of yours: use a new one.");
    }

    private Problem exhausted(Offers.Offer offer) {
        var retry =
                Optional.ofNullable(
                                outlooks.of(List.of(offer.poolId()), clock.instant())
                                        .get(offer.poolId()))
                        .filter(Outlook::open)
                        .flatMap(pool -> outlooks.estimate(pool, pool.queued() + 1))
                        .map(estimate -> Duration.ofMillis((long) (estimate.p50() * 1000)))
                        .orElse(TRY_AGAIN);
        return Problem.poolExhausted(
                offer.open()
                        ? "No machine of this type is ready. Ask again later, or wait in the queue"
                                + " (\"wait\": true)."
                        : "This type is closed just now: its pool may have no machines. Ask an"
                                + " administrator when it opens, or take another type.",
                retry);
    }

    /** The same for the same request, however it was written. */
    private static String digest(AllocationRequest request) {
        String canonical =
                String.join(
                        "\n",
                        request.vmType(),
                        String.valueOf(request.lifetime()),
                        String.valueOf(request.waits()),
                        request.name() == null ? "-" : "=" + request.name());
        try {
            var sha = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha.digest(canonical.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is part of every Java", e);
        }
    }
}
