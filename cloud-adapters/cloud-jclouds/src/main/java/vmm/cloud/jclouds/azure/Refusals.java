package vmm.cloud.jclouds.azure;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.Json;
import vmm.cloud.jclouds.NoAnswer;
import vmm.cloud.jclouds.Words;

import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What Azure's answers mean to the core: the one place that knows its codes and words.
 *
 * <p>Its words are shown to operators, so they are made fit for that.
 */
final class Refusals {

    private static final String WHO = "Azure";

    private static final Set<String> NO_ROOM =
            Set.of(
                    "SkuNotAvailable",
                    "AllocationFailed",
                    "ZonalAllocationFailed",
                    "OverconstrainedAllocationRequest",
                    "OverconstrainedZonalAllocationRequest",
                    "NotAvailableForSubscription");

    private static final Set<String> THROTTLING =
            Set.of(
                    "TooManyRequests",
                    "SubscriptionRequestsThrottled",
                    "ResourceRequestsThrottled",
                    "ResourceCollectionRequestsThrottled",
                    "OperationRequestsThrottled",
                    "TenantRequestsThrottled");

    private static final String NOT_IN_LOCATION = "the entity was not found in this azure location";

    private static final String ROLE =
            "give the identity the role that docs/clouds/azure.md describes";
    private static final String TOKEN =
            "check the credentials, and that tenant, audience and endpoint belong together";
    private static final String SUBSCRIPTION = "check option subscriptionId";
    private static final String REGISTER =
            "register it once: 'az provider register --namespace Microsoft.Compute', and"
                    + " Microsoft.Network";

    /** Codes that ask a person to mend the account, each with the remedy. */
    private static final Map<String, String> UNAUTHORIZED =
            Map.ofEntries(
                    Map.entry("InvalidAuthenticationToken", TOKEN),
                    Map.entry("InvalidAuthenticationTokenTenant", TOKEN),
                    Map.entry("InvalidAuthenticationTokenAudience", TOKEN),
                    Map.entry("ExpiredAuthenticationToken", TOKEN),
                    Map.entry("AuthenticationFailed", TOKEN),
                    Map.entry("AuthorizationFailed", ROLE),
                    Map.entry("LinkedAuthorizationFailed", ROLE + ", on the network too"),
                    Map.entry("SubscriptionNotFound", SUBSCRIPTION),
                    Map.entry("InvalidSubscriptionId", SUBSCRIPTION),
                    Map.entry("ReadOnlyDisabledSubscription", "have the subscription enabled"),
                    Map.entry("SubscriptionNotRegistered", REGISTER),
                    Map.entry("MissingSubscriptionRegistration", REGISTER));

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
        return new CloudFailure.Unreachable(
                words.shown(whom + " did not answer: " + why.getMessage()));
    }

    /** The same of Azure Resource Manager. */
    CloudFailure silence(NoAnswer why) {
        return silence(WHO, why);
    }

    /** What a giver of tokens said instead of giving one. */
    CloudFailure ofTokens(String whom, HttpAnswer answer) {
        var said = whom + " answered " + answer.status() + oauthWords(answer);
        return switch (answer.status()) {
            case 429 -> new CloudFailure.Throttled(said, answer.pause(clock.instant()));
            case 404, 408, 410 -> new CloudFailure.Unreachable(said);
            default ->
                    answer.status() >= 400 && answer.status() < 500
                            ? new CloudFailure.Unauthorized(
                                    said + "; check the credentials of this cloud")
                            : new CloudFailure.Unreachable(said);
        };
    }

    /** A question that was not answered: whatever the reason, it says nothing of what exists. */
    CloudFailure ofLook(HttpAnswer answer) {
        var error = ArmError.of(answer);
        var said = said(answer, error);
        boolean inItsWords = answer.status() == 400 || answer.status() == 404;
        return trouble(answer, error)
                .orElseGet(
                        () ->
                                inItsWords && !error.codes().isEmpty()
                                        ? new CloudFailure.Rejected(said)
                                        : new CloudFailure.Unreachable(said));
    }

    /**
     * A change that was not made, or perhaps.
     *
     * @param flavor of the machine, for want of room; empty where none is asked for
     */
    CloudFailure ofChange(HttpAnswer answer, String flavor) {
        var error = ArmError.of(answer);
        var said = said(answer, error);
        var trouble = trouble(answer, error);
        if (trouble.isPresent()) return trouble.get();
        if (!isRefusal(answer)) return new CloudFailure.Unreachable(said);
        if (error.codes().stream().anyMatch(NO_ROOM::contains)) {
            return new CloudFailure.NoCapacity(flavor, said);
        }
        if (isQuota(error)) return new CloudFailure.QuotaExceeded(said);
        return isPassing(answer, error)
                ? new CloudFailure.Throttled(said, answer.pause(clock.instant()))
                : new CloudFailure.Rejected(said);
    }

    /** A create that was not accepted. */
    CreateAnswer ofCreate(HttpAnswer answer, String flavor) {
        var why = ofChange(answer, flavor);
        boolean surely = isRefusal(answer) || why instanceof CloudFailure.Throttled;
        return surely ? new CreateAnswer.Refused(why) : new CreateAnswer.Unknown(why);
    }

    /** Whether a create that met a conflict, of whatever kind, may have met its own machine. */
    static boolean mayExist(HttpAnswer answer) {
        return answer.status() == 412 || answer.status() == 409;
    }

    /** Whether ARM itself says that there is no such thing in a place that there is. */
    static boolean isAbsent(HttpAnswer answer) {
        return answer.status() == 404 && ArmError.of(answer).code().equals("ResourceNotFound");
    }

    /**
     * Whether ARM has forgotten where a thing was, and says so in its older words. It may remember
     * again: enough for a look, and not to remove anything because of it.
     */
    static boolean isNotInLocation(HttpAnswer answer) {
        var error = ArmError.of(answer);
        return answer.status() == 404
                && error.code().equals("NotFound")
                && error.message().toLowerCase(Locale.ROOT).contains(NOT_IN_LOCATION);
    }

    /** Whether ARM says that we cannot see it: it is not there, or not for us. */
    static boolean isOutOfSight(HttpAnswer answer) {
        return (answer.status() == 404 || answer.status() == 403)
                && !ArmError.of(answer).codes().isEmpty();
    }

    /** Whether ARM says that we may not. */
    static boolean isForbidden(HttpAnswer answer) {
        return answer.status() == 403 && isOutOfSight(answer);
    }

    /** Whether a name is not even of the form that the thing's provider wants. */
    static boolean isMisspelt(HttpAnswer answer) {
        return answer.status() == 400 && ArmError.of(answer).code().equals("InvalidParameter");
    }

    /**
     * The same of what hangs on other providers, which have words of their own for it: such as an
     * image, or a version of one.
     */
    static boolean isAbsentInAnyWords(HttpAnswer answer) {
        var code = ArmError.of(answer).code();
        return answer.status() == 404 && !code.isEmpty() && !UNAUTHORIZED.containsKey(code);
    }

    /** Whether a machine failed for want of room, by the code of its failure. */
    static boolean isWantOfRoom(String code) {
        return NO_ROOM.contains(code);
    }

    /** Text of the cloud that is safe to show. */
    String shown(String text) {
        return words.shown(text);
    }

    /** What is no matter of the request: throttling, and who we are. */
    private Optional<CloudFailure> trouble(HttpAnswer answer, ArmError error) {
        var said = said(answer, error);
        boolean throttling = error.codes().stream().anyMatch(THROTTLING::contains);
        if (answer.status() == 429 || answer.status() == 503 && throttling) {
            return Optional.of(new CloudFailure.Throttled(said, answer.pause(clock.instant())));
        }
        if (answer.status() < 400 || answer.status() >= 500) return Optional.empty();
        var remedy = error.codes().stream().filter(UNAUTHORIZED::containsKey).findFirst();
        if (remedy.isPresent()) {
            return Optional.of(
                    new CloudFailure.Unauthorized(said + "; " + UNAUTHORIZED.get(remedy.get())));
        }
        boolean policy = error.codes().contains("RequestDisallowedByPolicy");
        return switch (answer.status()) {
            case 401 -> Optional.of(new CloudFailure.Unauthorized(said + "; " + TOKEN));
            case 403 ->
                    policy || isQuota(error)
                            ? Optional.empty()
                            : Optional.of(new CloudFailure.Unauthorized(said + "; " + ROLE));
            default -> Optional.empty();
        };
    }

    /** Whether it was surely not done. */
    private static boolean isRefusal(HttpAnswer answer) {
        return switch (answer.status()) {
            case 408, 499 -> false; // somebody's patience was over, and not Azure's work
            default -> answer.status() >= 400 && answer.status() < 500;
        };
    }

    /** Whether something else is just going on, so that the same may be asked again soon. */
    private static boolean isPassing(HttpAnswer answer, ArmError error) {
        if (error.codes().contains("NicReservedForAnotherVm")) return true;
        return answer.status() == 409
                && (error.codes().equals(List.of("Conflict"))
                        || error.codes().stream().anyMatch(Refusals::isPassing));
    }

    private static boolean isPassing(String code) {
        return code.equals("AnotherOperationInProgress")
                || code.equals("OperationPreempted")
                || code.startsWith("RetryableError");
    }

    private static boolean isQuota(ArmError error) {
        boolean speaksOfQuota = error.message().toLowerCase(Locale.ROOT).contains("quota");
        return error.codes().stream()
                .anyMatch(
                        code ->
                                code.endsWith("QuotaExceeded")
                                        || code.endsWith("LimitReached")
                                        || code.equals("ResourceCountExceedsLimit")
                                        || code.equals("SubnetIsFull")
                                        || code.equals("OperationNotAllowed") && speaksOfQuota);
    }

    private String said(HttpAnswer answer, ArmError error) {
        return WHO
                + " answered "
                + answer.status()
                + (error.codes().isEmpty() ? "" : " " + shown(String.join("/", error.codes())))
                + (error.message().isEmpty() ? "" : ": " + shown(error.message()));
    }

    /** RFC 6749, 5.2. */
    private String oauthWords(HttpAnswer answer) {
        try {
            var document = Json.object(answer.body());
            var code = Json.text(document, "error").orElse("");
            var why = Json.text(document, "error_description").orElse("");
            var both = (code + " " + why).strip();
            return both.isEmpty() ? "" : ": " + shown(both);
        } catch (CloudFailure notJson) {
            return "";
        }
    }
}
