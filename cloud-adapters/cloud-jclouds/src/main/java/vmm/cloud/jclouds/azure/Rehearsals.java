package vmm.cloud.jclouds.azure;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

import vmm.cloud.CloudFailure;
import vmm.cloud.LaunchSpec;
import vmm.cloud.jclouds.HttpAnswer;
import vmm.cloud.jclouds.NoAnswer;

/**
 * A launch that ARM only goes through: permissions, policies, quotas and what the providers check
 * beforehand. It is done by validating a template that holds nothing but the machine.
 */
record Rehearsals(Paths paths, Refusals refusals) {

    private static final String SCHEMA =
            "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";

    void validate(Conversation talk, LaunchSpec spec, JsonObject machine) throws CloudFailure {
        HttpAnswer answer;
        try {
            answer = talk.send("POST", paths.validation(spec.name()), deployment(spec, machine));
        } catch (NoAnswer e) {
            throw refusals.silence(e);
        }
        if (isUnknownHere(answer)) return;
        judge(answer.status() == 202 ? later(talk, answer) : answer, spec);
    }

    private void judge(HttpAnswer answer, LaunchSpec spec) throws CloudFailure {
        if (!answer.isSuccess()) throw refusals.ofChange(answer, spec.flavor());
        var error = ArmError.of(answer);
        if (!error.codes().isEmpty()) {
            throw refusals.ofChange(new HttpAnswer(400, null, answer.body()), spec.flavor());
        }
    }

    /** One look at its result; where there is none to be seen, nothing is said against it. */
    private static HttpAnswer later(Conversation talk, HttpAnswer accepted) {
        if (accepted.location() == null) return accepted;
        try {
            var result = talk.follow(accepted.location());
            boolean says =
                    switch (result.status()) {
                        case 200, 400, 409, 422 -> !ArmError.of(result).codes().isEmpty();
                        default -> false;
                    };
            return says ? result : accepted;
        } catch (CloudFailure | NoAnswer notSeen) {
            return accepted;
        }
    }

    /** What answers in place of ARM need not validate; what is asked for by name was looked at. */
    private static boolean isUnknownHere(HttpAnswer answer) {
        return switch (answer.status()) {
            case 404 -> !ArmError.of(answer).code().endsWith("GroupNotFound");
            case 405, 501 -> true;
            default -> false;
        };
    }

    private JsonObject deployment(LaunchSpec spec, JsonObject machine) {
        var resource = new JsonObject();
        resource.addProperty("type", "Microsoft.Compute/virtualMachines");
        resource.addProperty("apiVersion", paths.compute());
        resource.addProperty("name", spec.name());
        machine.entrySet().forEach(entry -> resource.add(entry.getKey(), entry.getValue()));
        withoutUserData(resource);
        var resources = new JsonArray();
        resources.add(resource);
        var template = new JsonObject();
        template.addProperty("$schema", SCHEMA);
        template.addProperty("contentVersion", "1.0.0.0");
        template.add("resources", resources);
        var properties = new JsonObject();
        properties.addProperty("mode", "Incremental");
        properties.add("template", template);
        var deployment = new JsonObject();
        deployment.add("properties", properties);
        return deployment;
    }

    /** Deployments are logged, and nothing depends on them here. */
    private static void withoutUserData(JsonObject resource) {
        resource.getAsJsonObject("properties").getAsJsonObject("osProfile").remove("customData");
    }
}
