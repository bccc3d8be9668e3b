package vmm.clouds;

import vmm.cloud.Offering;
import vmm.cloud.Quota;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
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
        if (quota.isEmpty() || tooOld(quota.get(), now)) return OptionalInt.empty();
        var sizes = size.map(one -> Map.of(one.flavor(), one)).orElse(Map.of());
        return Left.of(quota.get().quota(), unseen, sizes)
                .tightest(size.map(Offering::flavor).orElse(""))
                .map(limit -> OptionalInt.of(limit.fits()))
                .orElse(OptionalInt.empty());
    }

    static boolean tooOld(QuotaState quota, Instant now) {
        return quota.readAt().plus(OLDEST).isBefore(now);
    }

    /**
     * What a quota leaves, as far as it is known, with VMs of ours that it does not count yet taken
     * off: {@code left = max − used − unseen} of each.
     *
     * @param ramMb memory in MiB
     * @param sizes what the cloud's flavors take, by name
     */
    public record Left(
            OptionalLong instances,
            OptionalLong vcpus,
            OptionalLong ramMb,
            Map<String, Offering> sizes) {

        static Left of(Quota told, Unseen unseen, Map<String, Offering> sizes) {
            return new Left(
                    less(told.maxInstances(), told.usedInstances(), unseen.instances()),
                    less(told.maxVcpus(), told.usedVcpus(), unseen.vcpus()),
                    less(told.maxRamMb(), told.usedRamMb(), unseen.ramMb()),
                    sizes);
        }

        private static OptionalLong less(OptionalInt max, OptionalInt used, long unseen) {
            return max.isEmpty() || used.isEmpty()
                    ? OptionalLong.empty()
                    : OptionalLong.of((long) max.getAsInt() - used.getAsInt() - unseen);
        }

        /** What allows the fewest VMs of a flavor; empty if nothing that is known limits them. */
        public Optional<Limit> tightest(String flavor) {
            var size = Optional.ofNullable(sizes.get(flavor));
            return Stream.of(
                            limit("VMs", instances, 1),
                            limit("vCPUs", vcpus, size.map(Offering::vcpus).orElse(0)),
                            limit("MiB of memory", ramMb, size.map(Offering::ramMb).orElse(0)))
                    .flatMap(Optional::stream)
                    .min(Comparator.comparingInt(Limit::fits));
        }

        private static Optional<Limit> limit(String of, OptionalLong left, int each) {
            return left.isEmpty() || each <= 0
                    ? Optional.empty()
                    : Optional.of(new Limit(of, Math.max(0, left.getAsLong()), each));
        }

        /** After one more VM of a flavor was launched. */
        public Left without(String flavor) {
            var size = Optional.ofNullable(sizes.get(flavor));
            return new Left(
                    minus(instances, 1),
                    minus(vcpus, size.map(Offering::vcpus).orElse(0)),
                    minus(ramMb, size.map(Offering::ramMb).orElse(0)),
                    sizes);
        }

        private static OptionalLong minus(OptionalLong left, int taken) {
            return left.isEmpty() ? left : OptionalLong.of(left.getAsLong() - taken);
        }
    }

    /**
     * One part of a quota, for one flavor.
     *
     * @param of what is counted, in words
     * @param left how much of it there is
     * @param each how much of it one VM takes
     */
    public record Limit(String of, long left, int each) {
        /** How many VMs that is. */
        public int fits() {
            return (int) Math.min(Integer.MAX_VALUE, left / each);
        }
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
