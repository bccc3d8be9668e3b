package vmm.cloud.jclouds.azure;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import org.junit.jupiter.api.Test;

import vmm.cloud.CloudFailure;
import vmm.cloud.jclouds.RawServer.Request;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The roles in the documentation are those that the adapter needs, no more and no less. */
class RoleTest {

    private static final Path DOCUMENT = Path.of("../../docs/clouds/azure.md");

    /** What Azure itself asks of whoever makes a machine with all that belongs to it. */
    private static final Set<String> LINKED =
            Set.of(
                    "Microsoft.Compute/disks/write",
                    "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
                    "Microsoft.Network/networkInterfaces/write",
                    "Microsoft.Network/networkInterfaces/join/action",
                    "Microsoft.Network/networkSecurityGroups/join/action",
                    "Microsoft.Network/publicIPAddresses/write",
                    "Microsoft.Network/publicIPAddresses/join/action",
                    "Microsoft.Network/virtualNetworks/subnets/join/action");

    @Test
    void rolesHoldExactlyWhatIsAsked() throws IOException, CloudFailure {
        var requests = everyKindOfRequest();
        var roles = roles();

        assertThat(roles).hasSize(2);
        assertThat(roles.getFirst())
                .containsExactlyInAnyOrderElementsOf(actions(requests, one -> !isInGroup(one)));
        var inGroup = actions(requests, RoleTest::isInGroup);
        inGroup.addAll(LINKED);
        assertThat(roles.getLast()).containsExactlyInAnyOrderElementsOf(inGroup);
    }

    private static List<Request> everyKindOfRequest() throws CloudFailure {
        var clock = Clouds.clock();
        var options = Map.of("publicIp", "true", "address", "public");
        try (var azure = new FakeArm(clock);
                var cloud = Clouds.open(azure, "isis", options)) {
            var id = "vmm-isis-vm-1";
            cloud.ping();
            cloud.offerings();
            cloud.images();
            cloud.networks();
            cloud.quota();
            cloud.rehearse(Clouds.spec("vm-1"));
            for (var image :
                    List.of(
                            "golden",
                            "vmm/tiny/1.0.0",
                            "Debian:debian-12:12:latest",
                            "/CommunityGalleries/ours-1/Images/tiny",
                            "/CommunityGalleries/ours-1/Images/tiny/Versions/1.0.0",
                            "/SharedGalleries/ours-1/Images/tiny",
                            "/SharedGalleries/ours-1/Images/tiny/Versions/1.0.0")) {
                cloud.misnomers(image, FakeArm.SIZE, FakeArm.SUBNET);
            }
            cloud.create(Clouds.spec("vm-1"));
            clock.advance(Duration.ofSeconds(5));
            cloud.get(id);
            cloud.list();
            cloud.console(id);
            azure.setPower(id, "stopped");
            cloud.start(id);
            azure.keepParts();
            cloud.delete(id);
            clock.advance(Duration.ofSeconds(5));
            for (var leftover : cloud.leftovers()) cloud.remove(leftover);
            assertThat(azure.parts()).isEmpty();
            return azure.requests().stream()
                    .filter(request -> request.path().startsWith("/subscriptions/"))
                    .toList();
        }
    }

    private static boolean isInGroup(Request request) {
        return request.path().contains("/resourceGroups/");
    }

    private static Set<String> actions(List<Request> requests, Predicate<Request> which) {
        var actions = new TreeSet<String>();
        requests.stream().filter(which).map(RoleTest::action).forEach(actions::add);
        return actions;
    }

    /** Types and names take turns in a path; what is posted to is an action. */
    private static String action(Request request) {
        var path = request.path();
        int provider = path.indexOf("/providers/");
        if (provider < 0) return "Microsoft.Resources/subscriptions/resourceGroups/read";
        var words = path.substring(provider + "/providers/".length()).split("/");
        var types = new ArrayList<String>();
        for (int i = 1; i < words.length; i += 2) types.add(words[i]);
        var verb =
                switch (request.method()) {
                    case "GET" -> "read";
                    case "PUT" -> "write";
                    case "DELETE" -> "delete";
                    default -> "action";
                };
        return words[0] + "/" + String.join("/", types) + "/" + verb;
    }

    private static List<Set<String>> roles() throws IOException {
        var roles = new ArrayList<Set<String>>();
        var blocks = Pattern.compile("(?s)```json\n(.*?)```").matcher(Files.readString(DOCUMENT));
        while (blocks.find()) {
            JsonObject role = JsonParser.parseString(blocks.group(1)).getAsJsonObject();
            assertThat(role.keySet())
                    .contains("Name", "IsCustom", "Description", "AssignableScopes");
            var actions = new TreeSet<String>();
            role.getAsJsonArray("Actions").forEach(action -> actions.add(action.getAsString()));
            roles.add(actions);
        }
        return roles;
    }
}
