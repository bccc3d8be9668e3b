package vmm.cloud.jclouds.aws;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.NoAnswer;
import vmm.cloud.jclouds.Words;

import java.time.InstantSource;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What AWS's errors mean to the core: the one place that knows its codes.
 *
 * <p>The code rules, not the status: want of capacity comes with 500, and a drained quota of
 * requests with 503. Its words are shown to operators, so they are made fit for that.
 */
final class Refusals {

    static final String DRY_RUN = "DryRunOperation";

    private static final String EC2 = "EC2";

    private enum Kind {
        KEYS,
        THROTTLE,
        ROOM,
        QUOTA,
        REQUEST,
        SERVER
    }

    /** Our keys, or what they may do. */
    private static final Set<String> KEYS =
            Set.of(
                    "AccessDenied",
                    "AccessDeniedException",
                    "AccountDisabled",
                    "AuthFailure",
                    "Blocked",
                    "ExpiredToken",
                    "ExpiredTokenException",
                    "IncompleteSignature",
                    "InvalidClientTokenId",
                    "InvalidIdentityToken",
                    "InvalidSecurity.RequestHasExpired",
                    "IDPRejectedClaim",
                    "MissingAuthenticationToken",
                    "OptInRequired",
                    "PendingVerification",
                    "RequestExpired",
                    "RequestTimeTooSkewed",
                    "SignatureDoesNotMatch",
                    "UnauthorizedOperation",
                    "UnrecognizedClientException");

    /** Those of them that also a clock that goes wrong explains. */
    private static final Set<String> TIME =
            Set.of("InvalidSecurity.RequestHasExpired", "RequestExpired", "RequestTimeTooSkewed");

    /** Those of them that other keys may cure. */
    private static final Set<String> STALE =
            Set.of(
                    "AuthFailure",
                    "ExpiredToken",
                    "ExpiredTokenException",
                    "InvalidClientTokenId",
                    "RequestExpired",
                    "SignatureDoesNotMatch",
                    "UnrecognizedClientException");

    private static final Set<String> THROTTLE =
            Set.of(
                    "BandwidthLimitExceeded",
                    "ConcurrentTagAccess",
                    "CreditSpecificationUpdateInProgress",
                    "EC2ThrottledException",
                    "RequestLimitExceeded",
                    "RequestThrottled",
                    "RequestThrottledException",
                    "RetryableError",
                    "SlowDown",
                    "TooManyRequests",
                    "TooManyRequestsException");

    /** Elsewhere, for another type or at another time there may be room. */
    private static final Set<String> ROOM =
            Set.of(
                    "InsufficientAddressCapacity",
                    "InsufficientCapacity",
                    "InsufficientCapacityOnHost",
                    "InsufficientFreeAddressesInSubnet",
                    "InsufficientHostCapacity",
                    "InsufficientInstanceCapacity",
                    "InsufficientReservedInstanceCapacity",
                    "InsufficientVolumeCapacity",
                    "ReservationCapacityExceeded",
                    "SpotMaxPriceTooLow",
                    "UnfulfillableCapacity",
                    "Unsupported",
                    "VolumeTypeNotAvailableInZone");

    /** Quotas that are not called limits. */
    private static final Set<String> QUOTA =
            Set.of("RequestResourceCountExceeded", "ResourceCountExceeded");

    /** Limits of a single thing, which waiting does not lift. */
    private static final Pattern OF_THE_REQUEST =
            Pattern.compile(
                    "(Attachment|PrivateIpAddress|Tag|Filter|SecurityGroupsPer\\w*)LimitExceeded");

    /** What a signature looks like where the request is quoted. */
    private static final Pattern SIGNATURE = Pattern.compile("Signature=\\S+");

    private static final Pattern DIGEST =
            Pattern.compile("(?<![0-9A-Fa-f])[0-9A-Fa-f]{64}(?![0-9A-Fa-f])");

    private static final Set<String> SERVER =
            Set.of(
                    "IDPCommunicationError",
                    "InternalError",
                    "InternalFailure",
                    "RequestTimeout",
                    "ServiceUnavailable",
                    "ServiceUnavailableException",
                    "Unavailable");

    /**
     * The token of this create was used before, for another request: the listing tells for what.
     */
    private static final String USED = "IdempotentParameterMismatch";

    /** It was used for this request, and its instance is gone. */
    private static final String SPENT = "IdempotentInstanceTerminated";

    private final Words words;
    private final InstantSource clock;

    Refusals(Words words, InstantSource clock) {
        this.words = words;
        this.clock = clock;
    }

    /** The same, which hides one more text. */
    Refusals hiding(String secret) {
        return new Refusals(words.hiding(secret), clock);
    }

    /** Nobody answered, or not to the end. */
    CloudFailure silence(String whom, NoAnswer why) {
        return new CloudFailure.Unreachable(shown(whom + " did not answer: " + why.getMessage()));
    }

    /** EC2 did not answer. */
    CloudFailure silence(NoAnswer why) {
        return silence(EC2, why);
    }

    /** A question that was not answered, or a change that was not made, or perhaps. */
    CloudFailure of(HttpAnswer answer) {
        return failure(EC2, answer, "");
    }

    /** The same of something that needs room for a flavor. */
    CloudFailure of(HttpAnswer answer, String flavor) {
        return failure(EC2, answer, flavor);
    }

    /** What STS said instead of giving keys. */
    CloudFailure ofSts(HttpAnswer answer) {
        var failure = failure("STS", answer, "");
        return failure instanceof CloudFailure.Rejected
                ? new CloudFailure.Unauthorized(failure.detail())
                : failure;
    }

    /**
     * A create that was not accepted.
     *
     * @param alone whether all creates of this VM have the same token: if its instance is gone,
     *     nothing of the VM lives; else another token may have made another
     */
    CreateAnswer ofCreate(HttpAnswer answer, String flavor, boolean alone) {
        var why = of(answer, flavor);
        var code = codeOf(answer);
        boolean made =
                why instanceof CloudFailure.Unreachable
                        || code.equals(USED)
                        || code.equals(SPENT) && !alone;
        return made ? new CreateAnswer.Unknown(why) : new CreateAnswer.Refused(why);
    }

    /** The code of an error, empty if the answer is none of AWS. */
    static String codeOf(HttpAnswer answer) {
        return answer.isSuccess() ? "" : Fault.of(answer).code();
    }

    /** Whether new keys may be accepted where these were not; then surely nothing was done. */
    static boolean isOfStaleKeys(HttpAnswer answer) {
        if (answer.isSuccess()) return false;
        var fault = Fault.of(answer);
        return STALE.contains(fault.code()) && !fault.isOfAnImage();
    }

    /** Whether EC2 itself says that there is no such thing: {@code InvalidVolume.NotFound}… */
    static boolean isAbsent(HttpAnswer answer, String what) {
        var code = codeOf(answer);
        return answer.status() < 500
                && (code.equalsIgnoreCase("Invalid" + what + ".NotFound")
                        || isMalformed(answer, what));
    }

    /** Whether EC2 says that nothing can have such an id. */
    static boolean isMalformed(HttpAnswer answer, String what) {
        return answer.status() < 500
                && codeOf(answer).equalsIgnoreCase("Invalid" + what + ".Malformed");
    }

    /** Text of the cloud that is safe to show. */
    String shown(String text) {
        var unsigned = SIGNATURE.matcher(text).replaceAll("Signature=***");
        return words.shown(DIGEST.matcher(unsigned).replaceAll("***"));
    }

    private CloudFailure failure(String whom, HttpAnswer answer, String flavor) {
        var fault = Fault.of(answer);
        var said = words(whom, answer, fault);
        return switch (kindOf(answer.status(), fault)) {
            case KEYS -> new CloudFailure.Unauthorized(said + hint(fault));
            case THROTTLE -> new CloudFailure.Throttled(said, answer.pause(clock.instant()));
            case ROOM -> new CloudFailure.NoCapacity(flavor, said);
            case QUOTA -> new CloudFailure.QuotaExceeded(said);
            case REQUEST -> new CloudFailure.Rejected(said);
            case SERVER -> new CloudFailure.Unreachable(said);
        };
    }

    private static Kind kindOf(int status, Fault fault) {
        var code = fault.code();
        if (code.isEmpty()) return kindOf(status);
        if (fault.isOfAnImage()) return Kind.REQUEST;
        if (KEYS.contains(code)) return Kind.KEYS;
        if (THROTTLE.contains(code) || code.startsWith("Throttl")) return Kind.THROTTLE;
        if (ROOM.contains(code)) return Kind.ROOM;
        if (isQuota(code)) return Kind.QUOTA;
        boolean client = status >= 400 && status < 500 && status != 408;
        return client && !SERVER.contains(code) ? Kind.REQUEST : Kind.SERVER;
    }

    /** Something on the way answered, in words of its own. */
    private static Kind kindOf(int status) {
        return switch (status) {
            case 401, 403, 407 -> Kind.KEYS;
            case 429 -> Kind.THROTTLE;
            default -> Kind.SERVER;
        };
    }

    private static boolean isQuota(String code) {
        if (OF_THE_REQUEST.matcher(code).matches()) return false;
        return QUOTA.contains(code)
                || code.endsWith("LimitExceeded")
                || code.endsWith("QuotaExceeded")
                || code.startsWith("Max") && code.endsWith("Exceeded");
    }

    private String words(String whom, HttpAnswer answer, Fault fault) {
        return whom
                + " answered "
                + answer.status()
                + (fault.code().isEmpty() ? "" : " " + shown(fault.code()))
                + (fault.message().isEmpty() ? "" : ": " + shown(fault.message()));
    }

    private static String hint(Fault fault) {
        boolean late =
                TIME.contains(fault.code())
                        || fault.message().contains("not yet current")
                        || fault.message().contains("Signature expired");
        return late ? " (are the keys over, or does this machine's clock go wrong?)" : "";
    }

    /** An error as all of AWS's query APIs write it, each in a wrapping of its own. */
    private record Fault(String code, String message) {

        private static final Fault NONE = new Fault("", "");

        static Fault of(HttpAnswer answer) {
            if (!answer.body().contains("Code>")) return NONE;
            try {
                return Xml.parse(answer.body())
                        .find("Error")
                        .map(
                                error ->
                                        new Fault(
                                                error.text("Code").map(Fault::bare).orElse(""),
                                                error.text("Message").orElse("")))
                        .orElse(NONE);
            } catch (CloudFailure unreadable) {
                return NONE;
            }
        }

        /** Our keys are good, but the image is somebody's who did not share it with us. */
        boolean isOfAnImage() {
            return code.equals("AuthFailure")
                    && message.strip().startsWith("Not authorized for images");
        }

        private static String bare(String code) {
            return code.replaceFirst("^(Client|Server)\\.", "");
        }
    }
}
