"""The public pages under /status/, and the pages on which they are edited."""

from django.urls import URLPattern, path

from statuspage.views import editor, public

app_name = "statuspage"
urlpatterns: list[URLPattern] = [
    path("status/", public.default, name="default"),
    path("status/<slug:slug>", public.bare, name="bare"),
    path("status/<slug:slug>/", public.index, name="public"),
    path("status/<slug:slug>/history/", public.history, name="history"),
    path("status/<slug:slug>/history.atom", public.atom, name="atom"),
    path("status/<slug:slug>/api/v2/<path:name>", public.api, name="api"),
    path("status/<slug:slug>/incidents/<slug:public_id>/", public.incident, name="incident"),
    path("status-pages/", editor.manage, name="manage"),
    path("status-pages/new/", editor.new_page, name="new-page"),
    path("status-pages/<slug:slug>/", editor.page, name="page"),
    path("status-pages/<slug:slug>/settings/", editor.page_settings, name="settings"),
    path("status-pages/<slug:slug>/delete/", editor.delete_page, name="delete-page"),
    path("status-pages/<slug:slug>/components/new/", editor.new_component, name="new-component"),
    path("status-pages/<slug:slug>/components/<int:pk>/", editor.component, name="component"),
    path("status-pages/<slug:slug>/components/<int:pk>/move/", editor.move_component, name="move-component"),
    path(
        "status-pages/<slug:slug>/components/<int:pk>/delete/",
        editor.delete_component,
        name="delete-component",
    ),
]
