//! The registration of a kind for the Kubernetes client.

/// Registers a kind for the Kubernetes client.
macro_rules! kind {
    ($type:ident is $kind:literal in $group:literal / $version:literal, $plural:literal) => {
        kind!($type is $kind in $group, $version, concat!($group, "/", $version), $plural, NamespaceResourceScope);
    };
    ($type:ident is $kind:literal in $group:literal, $version:literal, $api_version:expr, $plural:literal, $scope:ident) => {
        impl k8s_openapi::Resource for $type {
            const API_VERSION: &'static str = $api_version;
            const GROUP: &'static str = $group;
            const KIND: &'static str = $kind;
            const VERSION: &'static str = $version;
            const URL_PATH_SEGMENT: &'static str = $plural;
            type Scope = k8s_openapi::$scope;
        }

        impl k8s_openapi::Metadata for $type {
            type Ty = ObjectMeta;

            fn metadata(&self) -> &ObjectMeta {
                &self.metadata
            }

            fn metadata_mut(&mut self) -> &mut ObjectMeta {
                &mut self.metadata
            }
        }
    };
}
