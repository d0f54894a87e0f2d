"""What operators get: the manifest, the image, the manifests of a cluster, the dashboards."""
