package vmm.allocation;

import org.jspecify.annotations.Nullable;

import vmm.allocation.Outlook.Obstacle;
import vmm.allocation.Outlook.Place;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Why a pool has no VM for somebody now: a pure function of its outlook. Facts for people who wait,
 * so without what operators read.
 *
 * @param since when TROUBLE or LATE began; of several clouds, since when all have had it
 * @param until when MAINTENANCE ends, or when ALL_IN_USE and NO_ROOM have their next end of a lease
 * @param places the clouds that it is about, by name: those in MAINTENANCE, TROUBLE or RETURNING
 * @param machines how many are in use, where ALL_IN_USE is the pool's maximum; null if some of it
 *     are on their way to others
 */
public record WaitReason(
        Code code,
        @Nullable Instant since,
        @Nullable Instant until,
        List<String> places,
        @Nullable Integer machines) {

    /** What stands between them and a VM. */
    public enum Code {
        /** Nothing: one is READY and is handed out. */
        READY,
        /** One is starting for them, or will be at once. */
        STARTING,
        /** Those that start take longer than usual, and there is no room for others. */
        LATE,
        /** The pool's maximum is in use, or goes to people before them. */
        ALL_IN_USE,
        /** Every cloud of the pool is kept away from by a window, or paused. */
        MAINTENANCE,
        /** Every cloud of the pool is kept away from by an operator. */
        PAUSED,
        /** No cloud of the pool takes launches, one of them at least for being sick. */
        TROUBLE,
        /** A cloud was sick or away and takes few launches at once. */
        RETURNING,
        /** Clouds that take launches are full. */
        NO_ROOM,
        /** The pool is being emptied, or may have no VM at all. */
        CLOSED
    }

    /**
     * @param place in the queue, 1 is next; of somebody who has not asked, behind all who wait
     */
    public static WaitReason of(Outlook pool, int place) {
        if (!pool.open()) return of(Code.CLOSED);
        if (pool.ready() >= place) return of(Code.READY);
        int coming = pool.ready() + pool.warming().size() + pool.room();
        if (coming >= place) return of(Code.STARTING);
        if (all(pool, Obstacle.TROUBLE, Obstacle.MAINTENANCE, Obstacle.PAUSED)) return away(pool);
        if (coming + pool.late() >= place) {
            return new WaitReason(Code.LATE, pool.lateSince(), null, List.of(), null);
        }
        if (pool.maxSize() - pool.inUse() < place) return inUse(pool);
        var returning = named(pool, Obstacle.RETURNING);
        if (!returning.isEmpty()) {
            return new WaitReason(Code.RETURNING, null, null, returning, null);
        }
        return new WaitReason(
                Code.NO_ROOM, null, pool.nextExpiry(), named(pool, Obstacle.TROUBLE), null);
    }

    /** No cloud of the pool takes launches. */
    private static WaitReason away(Outlook pool) {
        var sick = named(pool, Obstacle.TROUBLE);
        if (!sick.isEmpty()) {
            var since = instants(pool, Obstacle.TROUBLE, Place::since).max(Instant::compareTo);
            return new WaitReason(Code.TROUBLE, since.orElse(null), null, sick, null);
        }
        var closed = named(pool, Obstacle.MAINTENANCE);
        if (closed.isEmpty()) return of(Code.PAUSED);
        var until = instants(pool, Obstacle.MAINTENANCE, Place::until).min(Instant::compareTo);
        return new WaitReason(Code.MAINTENANCE, null, until.orElse(null), closed, null);
    }

    private static WaitReason inUse(Outlook pool) {
        Integer machines = pool.inUse() >= pool.maxSize() ? pool.inUse() : null;
        return new WaitReason(Code.ALL_IN_USE, null, pool.nextExpiry(), List.of(), machines);
    }

    private static WaitReason of(Code code) {
        return new WaitReason(code, null, null, List.of(), null);
    }

    private static boolean all(Outlook pool, Obstacle... those) {
        return !pool.places().isEmpty()
                && pool.places().stream()
                        .allMatch(
                                at ->
                                        at.obstacle() != null
                                                && List.of(those).contains(at.obstacle()));
    }

    private static List<String> named(Outlook pool, Obstacle obstacle) {
        return pool.places().stream().filter(is(obstacle)).map(Place::cloud).distinct().toList();
    }

    private static Stream<Instant> instants(
            Outlook pool, Obstacle obstacle, Function<Place, @Nullable Instant> which) {
        return pool.places().stream().filter(is(obstacle)).map(which).filter(Objects::nonNull);
    }

    private static Predicate<Place> is(Obstacle obstacle) {
        return at -> at.obstacle() == obstacle;
    }
}
