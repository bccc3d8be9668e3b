package vmm.cloud;

import java.time.Duration;
import java.util.Optional;

/**
 * Why a cloud did not do what it was asked, typed by what the core must do next. Details never hold
 * secrets.
 */
public abstract sealed class CloudFailure extends Exception {

    private final String detail;

    private CloudFailure(String detail) {
        super(detail, null, false, false);
        this.detail = detail;
    }

    /** What went wrong, in words for an operator. */
    public final String detail() {
        return detail;
    }

    /** A short stable word for logs, metrics and decisions. */
    public abstract String kind();

    /** No answer, a broken one, or a 5xx: look again later; the cloud may be sick. */
    public static final class Unreachable extends CloudFailure {
        public Unreachable(String detail) {
            super(detail);
        }

        @Override
        public String kind() {
            return "unreachable";
        }
    }

    /**
     * Too many requests: slow down, for at least {@link #retryAfter()} where the cloud named it.
     */
    public static final class Throttled extends CloudFailure {
        private final Optional<Duration> retryAfter;

        public Throttled(String detail, Optional<Duration> retryAfter) {
            super(detail);
            this.retryAfter = retryAfter;
        }

        public Optional<Duration> retryAfter() {
            return retryAfter;
        }

        @Override
        public String kind() {
            return "throttled";
        }
    }

    /** Nothing was sent: limits of our own on calls to this cloud hold it back. Ask again soon. */
    public static final class HeldBack extends CloudFailure {
        public HeldBack(String detail) {
            super(detail);
        }

        @Override
        public String kind() {
            return "held-back";
        }
    }

    /** Our credentials were not accepted: a person must mend them. */
    public static final class Unauthorized extends CloudFailure {
        public Unauthorized(String detail) {
            super(detail);
        }

        @Override
        public String kind() {
            return "unauthorized";
        }
    }

    /** The cloud has no room for this flavor now: try another offering, this one again later. */
    public static final class NoCapacity extends CloudFailure {
        private final String flavor;

        public NoCapacity(String flavor, String detail) {
            super(detail);
            this.flavor = flavor;
        }

        public String flavor() {
            return flavor;
        }

        @Override
        public String kind() {
            return "no-capacity";
        }
    }

    /** Our account may have no more: launch elsewhere until something here is deleted. */
    public static final class QuotaExceeded extends CloudFailure {
        public QuotaExceeded(String detail) {
            super(detail);
        }

        @Override
        public String kind() {
            return "quota-exceeded";
        }
    }

    /**
     * The request is wrong (image, flavor, network…) and will be wrong again until somebody changes
     * it.
     */
    public static final class Rejected extends CloudFailure {
        public Rejected(String detail) {
            super(detail);
        }

        @Override
        public String kind() {
            return "rejected";
        }
    }
}
