package vmm.cloud.jclouds.aws;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import org.junit.jupiter.api.Test;

import vmm.cloud.CloudFailure;
import vmm.cloud.CreateAnswer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The policy in the documentation allows what the adapter does, and nothing else. */
class PolicyTest {

    /**
     * What EC2 itself checks or does for a launch: tags, a role for guests, an image's parameter.
     */
    private static final Set<String> FOR_A_LAUNCH =
            Set.of("ec2:CreateTags", "iam:PassRole", "ssm:GetParameters");

    @Test
    void policyAllowsEveryActionThatIsAskedForAndNoOther() throws CloudFailure, IOException {
        var clock = Clouds.clock();
        var needed = new TreeSet<>(FOR_A_LAUNCH);
        try (var ec2 = new FakeEc2(clock);
                var cloud = Clouds.open(ec2, "isis", Map.of("publicIp", "true"))) {
            var both = FakeEc2.SUBNET + "," + FakeEc2.OTHER_SUBNET;
            var spec = Clouds.spec("vm-1", both, Map.of());
            cloud.ping();
            cloud.rehearse(spec);
            var id = ((CreateAnswer.Accepted) cloud.create(spec)).instanceId();
            cloud.list();
            cloud.offerings();
            cloud.images();
            cloud.networks();
            cloud.quota();
            cloud.console(id);
            ec2.stop(id);
            cloud.start(id);
            ec2.keepParts();
            cloud.delete(id);
            clock.advance(Duration.ofSeconds(5));
            for (var leftover : cloud.leftovers()) cloud.remove(leftover);
            assertThat(ec2.parts()).isEmpty();
            ec2.actions().forEach(action -> needed.add("ec2:" + action));
        }

        assertThat(needed).hasSizeGreaterThan(12);
        assertThat(allowed()).isEqualTo(needed);
    }

    private static Set<String> allowed() throws IOException {
        var page = Files.readString(Path.of("../../docs/clouds/aws.md"));
        var json = Pattern.compile("```json\n(.*?)```", Pattern.DOTALL).matcher(page);
        assertThat(json.find()).isTrue();
        var policy = JsonParser.parseString(json.group(1)).getAsJsonObject();
        var actions = new TreeSet<String>();
        for (var statement : policy.getAsJsonArray("Statement")) {
            add(((JsonObject) statement).get("Action"), actions);
        }
        return actions;
    }

    private static void add(JsonElement action, Set<String> actions) {
        if (action instanceof JsonArray several) {
            several.forEach(one -> actions.add(one.getAsString()));
        } else {
            actions.add(action.getAsString());
        }
    }
}
