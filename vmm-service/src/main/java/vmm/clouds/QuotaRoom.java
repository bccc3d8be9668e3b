package vmm.clouds;

import vmm.cloud.Offering;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** How much a cloud's own quota leaves for VMs of one flavor. */
public final class QuotaRoom {

    /** A quota that was read before that says nothing any more. */
    static final Duration OLDEST = Duration.ofMinutes(5);

    private QuotaRoom() {}

    /**
     * How many more VMs of a flavor fit, by instances, vCPUs and memory: the least of those that
     * are known.
     *
     * @param quota as it was last told
     * @param size of one VM; without it only instances are counted
     * @param unseen VMs of ours that the quota does not count as used yet
     * @return 0 or more; empty if the quota is not known, too old, or limits nothing that is known
     */
    public static OptionalInt of(
            Optional<QuotaState> quota, Optional<Offering> size, Unseen unseen, Instant now) {
        if (quota.isEmpty() || quota.get().readAt().plus(OLDEST).isBefore(now)) {
            return OptionalInt.empty();
        }
        var told = quota.get().quota();
        return Stream.of(
                        fit(told.maxInstances(), told.usedInstances(), unseen.instances(), 1),
                        fit(
                                told.maxVcpus(),
                                told.usedVcpus(),
                                unseen.vcpus(),
                                size.map(Offering::vcpus).orElse(0)),
                        fit(
                                told.maxRamMb(),
                                told.usedRamMb(),
                                unseen.ramMb(),
                                size.map(Offering::ramMb).orElse(0)))
                .flatMapToInt(OptionalInt::stream)
                .min();
    }

    /**
     * @param each how much one takes; 0 if that is not known, or nothing
     */
    private static OptionalInt fit(OptionalInt max, OptionalInt used, long unseen, int each) {
        if (max.isEmpty() || used.isEmpty() || each <= 0) return OptionalInt.empty();
        long left = (long) max.getAsInt() - used.getAsInt() - unseen;
        return OptionalInt.of((int) Math.max(0, left / each));
    }

    /**
     * VMs of ours whose create was sent after the quota was read, or will be.
     *
     * @param ramMb memory in MiB
     */
    public record Unseen(long instances, long vcpus, long ramMb) {
        public static final Unseen NONE = new Unseen(0, 0, 0);
    }
}
