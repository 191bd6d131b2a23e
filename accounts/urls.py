"""Addresses of people, teams and settings."""

from django.urls import path

from accounts.views import people, settings, teams

app_name = "accounts"
urlpatterns = [
    path("people/", people.people, name="people"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/edit/", people.edit, name="person-edit"),
    path("teams/", teams.teams, name="teams"),
    path("teams/new/", teams.new, name="team-new"),
    path("teams/<slug:slug>/", teams.team, name="team"),
    path("teams/<slug:slug>/edit/", teams.edit, name="team-edit"),
    path("teams/<slug:slug>/members/", teams.member_add, name="member-add"),
    path("teams/<slug:slug>/members/<int:pk>/", teams.member_role, name="member-role"),
    path("teams/<slug:slug>/members/<int:pk>/remove/", teams.member_remove, name="member-remove"),
    path("settings/", settings.settings, name="settings"),
    path("settings/profile/", settings.profile, name="profile"),
    path("settings/tokens/", settings.token_new, name="token-new"),
    path("settings/tokens/<int:pk>/revoke/", settings.token_revoke, name="token-revoke"),
]
