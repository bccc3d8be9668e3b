package vmm.cloud.jclouds.openstack;

import com.google.gson.JsonObject;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.Json;
import vmm.cloud.jclouds.NoAnswer;
import vmm.cloud.jclouds.Words;

import java.time.InstantSource;
import java.util.Locale;

/**
 * What OpenStack's answers mean to the core: the one place that knows its codes and words.
 *
 * <p>Its words are shown to operators, so they are made fit for that.
 */
final class Refusals {

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
                words.masked(whom + " did not answer: " + why.getMessage()));
    }

    /** What keystone said instead of giving a token. */
    CloudFailure ofKeystone(HttpAnswer answer) {
        return answer.status() == 400
                ? new CloudFailure.Rejected(words("keystone", answer))
                : ofLook("keystone", answer);
    }

    /** A question that was not answered: whatever the reason, it says nothing of what exists. */
    CloudFailure ofLook(String what, HttpAnswer answer) {
        return switch (answer.status()) {
            case 401, 403 -> new CloudFailure.Unauthorized(words(what, answer));
            case 413, 429 -> throttled(what, answer);
            default -> new CloudFailure.Unreachable(words(what, answer));
        };
    }

    /** A change that was not made, or perhaps. */
    CloudFailure ofChange(String what, HttpAnswer answer) {
        return switch (answer.status()) {
            case 400, 404, 405, 406, 409, 410, 415, 422 ->
                    new CloudFailure.Rejected(words(what, answer));
            default -> ofLook(what, answer);
        };
    }

    /** A create that was not accepted. */
    CreateAnswer ofCreate(String what, HttpAnswer answer) {
        var said = words(what, answer);
        return switch (answer.status()) {
            case 401 -> new CreateAnswer.Refused(new CloudFailure.Unauthorized(said));
            case 403, 413, 429 ->
                    new CreateAnswer.Refused(
                            isQuota(answer)
                                    ? new CloudFailure.QuotaExceeded(said)
                                    : ofLook(what, answer));
            case 400, 404, 405, 406, 409, 410, 415, 422 ->
                    new CreateAnswer.Refused(new CloudFailure.Rejected(said));
            default -> new CreateAnswer.Unknown(new CloudFailure.Unreachable(said));
        };
    }

    /** Text of the cloud that is safe to show. */
    String shown(String text) {
        return words.shown(text);
    }

    private CloudFailure throttled(String what, HttpAnswer answer) {
        return new CloudFailure.Throttled(words(what, answer), answer.pause(clock.instant()));
    }

    /** Nova says it with 403, older ones with 413; ports and volumes have quotas too. */
    private static boolean isQuota(HttpAnswer answer) {
        var message = message(answer.body()).toLowerCase(Locale.ROOT);
        return message.contains("quota") || message.contains("maximum number of ports");
    }

    private String words(String what, HttpAnswer answer) {
        var message = message(answer.body());
        return what
                + " answered "
                + answer.status()
                + (message.isEmpty() ? "" : ": " + shown(message));
    }

    /** Services wrap it as {@code {"badRequest": {"message": …}}}, each under words of its own. */
    private static String message(String body) {
        try {
            for (var entry : Json.object(body).entrySet()) {
                if (entry.getValue() instanceof JsonObject fault) {
                    return Json.text(fault, "message").orElse("");
                }
            }
        } catch (CloudFailure notJson) {
            // a page of some proxy, of no use to anyone
        }
        return "";
    }
}
