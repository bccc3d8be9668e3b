package vmm.cloud.jclouds.openstack;

import static org.jclouds.rest.config.BinderUtils.bindHttpApi;

import com.google.inject.Injector;

import org.jclouds.openstack.keystone.auth.AuthenticationApi;
import org.jclouds.openstack.keystone.auth.config.AuthenticationModule;
import org.jclouds.openstack.keystone.v3.auth.V3AuthenticationApi;

import java.util.Map;

/**
 * jclouds' keystone without its answer to a 401, which repeats even the request for a token, five
 * times with five seconds between. jclouds makes it by reflection.
 */
public final class KeystoneModule extends AuthenticationModule {

    @Override
    protected void configure() {
        bindHttpApi(binder(), V3AuthenticationApi.class);
    }

    @Override
    protected Map<String, AuthenticationApi> authenticationApis(Injector injector) {
        return Map.of("3", injector.getInstance(V3AuthenticationApi.class));
    }
}
