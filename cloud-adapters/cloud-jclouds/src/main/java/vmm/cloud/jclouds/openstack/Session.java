package vmm.cloud.jclouds.openstack;

import org.jclouds.openstack.keystone.v3.domain.Catalog;
import org.jclouds.openstack.keystone.v3.domain.Endpoint;

import vmm.cloud.CloudFailure;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A token and where its catalogue says the services are.
 *
 * @param renewAt while the token still serves a build that begins just before
 */
record Session(String id, List<Catalog> catalog, Optional<String> region, Instant renewAt) {

    String base(Service service) throws CloudFailure {
        var endpoints =
                catalog.stream()
                        .filter(entry -> service.type().equals(entry.type()))
                        .flatMap(entry -> entry.endpoints().stream())
                        .filter(endpoint -> !"admin".equals(endpoint.iface()))
                        .toList();
        var regions = endpoints.stream().map(Session::regionOf).distinct().sorted().toList();
        if (region.isEmpty() && regions.size() > 1) {
            throw new CloudFailure.Rejected(
                    "the fleet file names no region, and this cloud has several: " + regions);
        }
        return endpoints.stream()
                .filter(endpoint -> region.isEmpty() || region.get().equals(regionOf(endpoint)))
                .min(Comparator.comparing(endpoint -> !"public".equals(endpoint.iface())))
                .map(endpoint -> service.base(endpoint.url().toString()))
                .orElseThrow(() -> missing(service, regions));
    }

    private CloudFailure missing(Service service, List<String> regions) {
        return new CloudFailure.Rejected(
                "keystone's catalogue has no "
                        + service.type()
                        + " service"
                        + region.map(
                                        name ->
                                                " in region "
                                                        + name
                                                        + "; regions that have one: "
                                                        + regions)
                                .orElse(""));
    }

    private static String regionOf(Endpoint endpoint) {
        return Objects.requireNonNullElse(
                endpoint.regionId(), Objects.requireNonNullElse(endpoint.region(), ""));
    }

    @Override
    public String toString() {
        return "Session[until " + renewAt + "]";
    }
}
