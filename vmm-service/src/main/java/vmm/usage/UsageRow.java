package vmm.usage;

import org.jspecify.annotations.Nullable;

import java.time.LocalDate;
import java.util.SortedMap;

/**
 * What was asked of one type on one day (UTC), what became of it, and how long its machines were
 * held on that day.
 *
 * @param grantedAtOnce of the requests of the day, as the other fates; {@code waiting} is as of now
 * @param givenUp taken back while they waited
 * @param waitP50Seconds of those granted, at once counting as 0; null if none was
 * @param endReasons how many allocations of the type ended on that day, and how
 */
record UsageRow(
        LocalDate day,
        String vmType,
        int requests,
        int grantedAtOnce,
        int grantedAfterWait,
        int refused,
        int givenUp,
        int waiting,
        @Nullable Double waitP50Seconds,
        @Nullable Double waitP90Seconds,
        double machineHours,
        SortedMap<String, Integer> endReasons) {}
