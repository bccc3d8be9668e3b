package vmm.cloud.jclouds.openstack;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;
import vmm.cloud.LaunchSpec;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.Json;
import vmm.cloud.jclouds.LaunchLimits;
import vmm.cloud.jclouds.NoAnswer;

import java.util.Optional;

/** How an instance is asked for. */
final class Launches {

    /** Nova's limits, which it would answer with the whole request. */
    private static final int USER_DATA = 65_535;

    private static final LaunchLimits LIMITS = new LaunchLimits("OpenStack", 255, 255);

    private static final String WHAT = "compute";

    private final OpenStackOptions options;
    private final Names names;
    private final Refusals refusals;

    Launches(OpenStackOptions options, Names names, Refusals refusals) {
        this.options = options;
        this.names = names;
        this.refusals = refusals;
    }

    /** Sends one POST at most. What fails before it surely made nothing. */
    CreateAnswer create(Conversation talk, LaunchSpec spec) {
        var userData = LaunchLimits.encodedUserData(spec);
        HttpAnswer answer;
        try {
            answer = talk.send("POST", Service.COMPUTE, "/servers", request(talk, spec, userData));
        } catch (CloudFailure unsent) {
            return new CreateAnswer.Refused(unsent);
        } catch (NoAnswer e) {
            var why = refusals.silence(WHAT, e);
            return e.mayHaveArrived()
                    ? new CreateAnswer.Unknown(why)
                    : new CreateAnswer.Refused(why);
        }
        if (answer.isSuccess()) return accepted(answer);
        var refused = refusals.hiding(userData).ofCreate(WHAT, answer);
        if (refused instanceof CreateAnswer.Refused(CloudFailure.Rejected r)) names.forget();
        return refused;
    }

    private static CreateAnswer accepted(HttpAnswer answer) {
        Optional<String> id;
        try {
            id = Json.text(Json.object(Json.object(answer.body()), "server"), "id");
        } catch (CloudFailure unreadable) {
            id = Optional.empty();
        }
        return id.filter(text -> !text.isBlank())
                .<CreateAnswer>map(CreateAnswer.Accepted::new)
                .orElseGet(
                        () ->
                                new CreateAnswer.Unknown(
                                        new CloudFailure.Unreachable(
                                                "compute accepted, but its answer names no id")));
    }

    private JsonObject request(Conversation talk, LaunchSpec spec, String userData)
            throws CloudFailure {
        check(spec, userData);
        var server = new JsonObject();
        server.addProperty("name", spec.name());
        server.addProperty("imageRef", names.idOf(talk, Names.Kind.IMAGE, spec.image()));
        server.addProperty("flavorRef", names.idOf(talk, Names.Kind.FLAVOR, spec.flavor()));
        server.addProperty("user_data", userData);
        var metadata = new JsonObject();
        spec.tags().asMap().forEach(metadata::addProperty);
        server.add("metadata", metadata);
        var network = spec.network() == null ? options.network() : spec.network();
        if (network != null) {
            server.add("networks", listOf("uuid", names.idOf(talk, Names.Kind.NETWORK, network)));
        }
        options.zoneOf(spec.name())
                .ifPresent(zone -> server.addProperty("availability_zone", zone));
        if (!options.securityGroups().isEmpty()) {
            server.add(
                    "security_groups",
                    listOf("name", options.securityGroups().toArray(String[]::new)));
        }
        if (options.keyPair() != null) server.addProperty("key_name", options.keyPair());
        var request = new JsonObject();
        request.add("server", server);
        return request;
    }

    private static void check(LaunchSpec spec, String userData) throws CloudFailure {
        if (userData.length() > USER_DATA) {
            throw new CloudFailure.Rejected(
                    "the user data take %d bytes encoded, and OpenStack allows %d"
                            .formatted(userData.length(), USER_DATA));
        }
        LIMITS.checkTags(spec);
        LIMITS.checkName(spec);
    }

    private static JsonArray listOf(String key, String... values) {
        var list = new JsonArray();
        for (var value : values) {
            var item = new JsonObject();
            item.addProperty(key, value);
            list.add(item);
        }
        return list;
    }
}
